"""How well users' traits are predicted from the images that they like.

NOTE: published tables do not say how traits are evaluated. Their values fit Spearman's coefficient for each trait at
the level of *users*, whose images' predictions are averaged, against the traits that others *attributed* to them. That
is a hypothesis; which traits are compared with is the choice of whoever reads the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from piaa_lightning.errors import NaNPredictionsError
from piaa_lightning.metrics import registry
from piaa_lightning.metrics.stateful.rows import RowMetric

Floats = NDArray[np.float64]
BIG_FIVE = ("O", "C", "E", "A", "N")


class TraitScores(NamedTuple):
    """Numbers for each trait.

    Args:
        values: by name of the metric, ``(traits,)`` over the users whose trait is known: SROCC in [-1, 1], NaN where
            all of these have one value, and RMSE in the unit of the traits, NaN where nobody's trait is known.
        users: ``(traits,)`` number of users whose trait is known.
    """

    values: dict[str, Floats]
    users: NDArray[np.int64]


def user_level_traits(users: ArrayLike, predictions: ArrayLike, targets: ArrayLike) -> TraitScores:
    """Average the predictions of each user's images, then compare over users, trait by trait.

    Args:
        users: ``(n,)`` whole numbers that name the users, one row per liked image.
        predictions: ``(n, traits)`` predicted from the images, in [-1, 1].
        targets: ``(n, traits)`` the users' traits in [-1, 1], the same in all rows of a user, NaN where unknown.

    Returns:
        The usual metrics of traits (SROCC, RMSE) and the number of users, for each trait.

    Raises:
        ValueError: a NaN prediction, shapes that do not fit, or a user with two values of one trait.
    """
    user = np.asarray(users)
    predicted, true = np.asarray(predictions, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    if user.ndim != 1 or predicted.ndim != 2 or predicted.shape != true.shape or len(user) != len(predicted):
        raise ValueError(f"users {user.shape}, predictions {predicted.shape} and targets {true.shape} do not fit")
    if np.isnan(predicted).any():
        raise NaNPredictionsError(int(np.isnan(predicted).any(axis=1).sum()), len(predicted))
    names, first, place, images = np.unique(user, return_index=True, return_inverse=True, return_counts=True)
    trait = true[first]  # (users, traits)
    if not np.array_equal(trait[place], true, equal_nan=True):
        other = ~((trait[place] == true) | (np.isnan(trait[place]) & np.isnan(true))).all(axis=1)
        raise ValueError(f"user {user[other][0]} has two values of one trait")
    total = np.zeros((len(names), true.shape[1]))
    np.add.at(total, place, predicted)
    mean = total / images[:, None]
    known = ~np.isnan(trait)
    columns = [(mean[rows, n], trait[rows, n]) for n, rows in enumerate(known.T)]
    values = {
        metric.name: np.array([metric.function(ours, theirs) for ours, theirs in columns])
        for metric in registry.usual("trait")
    }
    return TraitScores(values, known.sum(axis=0))


class TraitMetrics(RowMetric):
    """The usual metrics of traits, SROCC and RMSE, at the level of users; see :func:`user_level_traits`.

    A row counts once, however often a sampler repeats it. After ``compute``, ``users_counted`` holds the number of
    users for each trait.

    Args:
        trait_names: of the columns, for the names of the numbers.
        kwargs: torchmetrics' own settings.
    """

    def __init__(self, trait_names: Sequence[str] = BIG_FIVE, **kwargs: Any) -> None:
        width = (len(trait_names),)
        super().__init__({"likes": None, "users": None, "predictions": width, "targets": width}, **kwargs)
        self.trait_names = tuple(trait_names)
        self.users_counted: dict[str, int] = dict.fromkeys(self.trait_names, 0)

    def update(self, likes: Tensor, users: Tensor, predictions: Tensor, targets: Tensor) -> None:
        """Add a batch.

        Args:
            likes: ``(batch,)`` whole numbers that name the (user, liked image) pairs, such as their row in the table.
            users: ``(batch,)`` whole numbers that name the users.
            predictions: ``(batch, traits)`` in [-1, 1].
            targets: ``(batch, traits)`` in [-1, 1], NaN where unknown.

        Raises:
            ValueError: lengths or widths that differ.
        """
        self.add(likes=likes, users=users, predictions=predictions, targets=targets)

    def compute(self) -> dict[str, Tensor]:
        """Return ``srocc_<trait>`` and ``rmse_<trait>``; ``srocc`` and ``rmse`` are means over traits that have one.

        Raises:
            ValueError: a NaN prediction, or a user with two values of one trait.
        """
        rows = self.rows(once="likes")
        scores = user_level_traits(rows["users"], rows["predictions"], rows["targets"])
        self.users_counted = dict(zip(self.trait_names, scores.users.tolist(), strict=True))
        values: dict[str, float] = {}
        for measure, column in scores.values.items():
            defined = column[~np.isnan(column)]
            values[measure] = float(defined.mean()) if len(defined) else float("nan")
            values |= {f"{measure}_{name}": float(v) for name, v in zip(self.trait_names, column, strict=True)}
        return {name: torch.tensor(value, device=self.device) for name, value in values.items()}
