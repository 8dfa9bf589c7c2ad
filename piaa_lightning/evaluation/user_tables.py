"""Extra tables of methods about test users, beside scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from piaa_lightning.data.ratings import Indices, RatingTable, hashed
from piaa_lightning.evaluation.protocol import Protocol, draws, support_of
from piaa_lightning.personalizers.personalizer import Personalizer, Settings

Line = dict[str, Any]


def user_tables(
    table: RatingTable,
    rows: Indices,
    shots: Sequence[int],
    protocol: Protocol,
    method: str,
    personalizer: Personalizer,
    chosen: Mapping[int, Settings],
) -> dict[str, list[Line]]:
    """Fit every test user once more, at the most shots that anybody has, on the first of the splits.

    Args:
        table: of ratings.
        rows: the test users' ratings on test images.
        shots: support sizes.
        protocol: the one that users were evaluated by.
        method: label of the method.
        personalizer: prepared; see `Personalizer.extra_tables`.
        chosen: settings for each support size.

    Returns:
        The lines of each table by its name, each beginning with method, shots and user; nothing where the method tells
        nothing of the first user.
    """
    for k in sorted(shots, reverse=True):
        found: dict[str, list[Line]] = {}
        for draw in draws(table, rows, [k], replace(protocol, repeats=1)):
            if draw.dropped:
                continue
            fitted = personalizer.fit_user(support_of(table, draw), chosen[k])
            told = personalizer.extra_tables(fitted, table.image[draw.query])
            if not told:
                return {}
            known = {"method": method, "shots": k, "user": hashed(str(table.user_ids[draw.user]))}
            for name, lines in told.items():
                found.setdefault(name, []).extend({**known, **line} for line in lines)
        if found:
            return found
    return {}
