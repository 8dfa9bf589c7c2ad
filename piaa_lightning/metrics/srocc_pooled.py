"""Spearman's rank correlation over the pairs of all users at once, which also asks for the users' levels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from piaa_lightning.metrics.correlation import Floats, centred_ranks, checked
from piaa_lightning.metrics.registry import Metric, register


def srocc_parts(predictions: Sequence[ArrayLike], targets: Sequence[ArrayLike]) -> Floats:
    """How much each of several groups adds to Spearman's coefficient over all their pairs, pooled.

    Ranks are those among all pairs, so that a group's level counts as much as its order.

    Args:
        predictions: ``(n,)`` scores of each group.
        targets: ``(n,)`` scores of each group, as long.

    Returns:
        ``(groups,)`` parts that sum to the pooled coefficient, with the same rules as :func:`srocc`.

    Raises:
        ValueError: a NaN on either side, or lengths that differ.
    """
    if [len(np.asarray(own)) for own in predictions] != [len(np.asarray(own)) for own in targets]:
        raise ValueError("predictions and targets of the groups must have the same lengths")
    rows, row = checked(np.concatenate([*predictions, []])[None], np.concatenate([*targets, []]))
    ranks, given = centred_ranks(rows)[0], centred_ranks(row[None])[0]
    power, target_power = float(ranks @ ranks), float(given @ given)
    if target_power == 0.0:
        return np.full(len(targets), np.nan)
    ends = np.cumsum([len(np.asarray(own)) for own in targets])
    sums = np.array([own.sum() for own in np.split(ranks * given, ends[:-1])])
    return np.asarray(sums / np.sqrt(power * target_power) if power > 0 else np.zeros(len(targets)))


register(Metric("srocc_pooled", "pooled SROCC", srocc_parts, "all_users", ("user",), compared=False, in_tables=False))
