"""What PA_IAA's fusion became for every test user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable, hashed
from piaa_lightning.evaluation.protocol import Protocol, draws, support_of
from piaa_lightning.personalizers.personal_network import fused_weights
from piaa_lightning.personalizers.personalizer import Personalizer, Settings


@dataclass(frozen=True)
class FusedUsers:
    """The weights of a fusion, user by user.

    Args:
        method: its label.
        shots: ratings that each user was fitted to.
        traits: their names.
        users: ``(users,)`` hashed ids.
        weights: ``(users, traits)``, see `personal_network.fused_weights`.
    """

    method: str
    shots: int
    traits: tuple[str, ...]
    users: tuple[str, ...]
    weights: NDArray[np.float64]

    def lines(self) -> list[dict[str, Any]]:
        """Return one line per user and trait."""
        return [
            {"method": self.method, "shots": self.shots, "user": user, "trait": trait, "weight": float(weight)}
            for user, own in zip(self.users, self.weights, strict=True)
            for trait, weight in zip(self.traits, own, strict=True)
        ]


def fused_users(
    table: RatingTable,
    rows: Indices,
    shots: Sequence[int],
    protocol: Protocol,
    method: str,
    personalizer: Personalizer,
    chosen: Mapping[int, Settings],
    traits: Sequence[str] = (),
) -> FusedUsers | None:
    """Fit every test user once more, at the most shots that anybody has, on the first of the splits.

    Args:
        table: of ratings.
        rows: the test users' ratings on test images.
        shots: support sizes.
        protocol: the one that users were evaluated by.
        method: label of the method.
        personalizer: prepared.
        chosen: settings for each support size.
        traits: names of the traits; where they do not fit they are numbered.

    Returns:
        The weights over each user's query images; None where the method has no fusion, or takes no step.
    """
    for k in sorted(shots, reverse=True):
        found: dict[str, NDArray[np.float64]] = {}
        for draw in draws(table, rows, [k], replace(protocol, repeats=1)):
            if draw.dropped:
                continue
            weights = fused_weights(personalizer.fit_user(support_of(table, draw), chosen[k]), table.image[draw.query])
            if weights is None:
                return None
            found[hashed(str(table.user_ids[draw.user]))] = weights
        if found:
            weights = np.stack(list(found.values()))
            numbered = [f"trait {number + 1}" for number in range(weights.shape[1])]
            names = tuple(traits if len(traits) == len(numbered) else numbered)
            return FusedUsers(method, k, names, tuple(found), weights)
    return None
