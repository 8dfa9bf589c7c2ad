"""Rank and linear correlation between predicted and given scores, with mid-ranks and a rule for constants.

SciPy calls a correlation with a constant "not a number", torchmetrics calls it 0. Here the two sides differ:
a constant *target* is undefined (NaN: the user has no order to predict, so the caller leaves them out and counts
them), a constant *prediction* is 0.0 (the method was asked for an order and gave none).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piaa_lightning.errors import NaNPredictionsError

Floats = NDArray[np.float64]


def srocc(prediction: ArrayLike, target: ArrayLike) -> float:
    """Spearman's rank-order correlation coefficient, ties given their mid-rank.

    Source: Spearman (1904); with ties it is Pearson's correlation of mid-ranks, never ``1 - 6 sum d^2 / (n^3 - n)``.

    Args:
        prediction: ``(n,)`` scores, any unit; only their order counts.
        target: ``(n,)`` scores, any unit; only their order counts.

    Returns:
        A value in [-1, 1]; 0.0 for a constant prediction, NaN for a constant target or fewer than two scores.

    Raises:
        ValueError: a NaN on either side, or lengths that differ.

    Example:
        >>> srocc([0.2, 0.9, 0.4], [1, 5, 4])
        1.0
    """
    return float(srocc_many(np.asarray(prediction, dtype=np.float64)[None], target)[0])


def srocc_many(predictions: ArrayLike, target: ArrayLike) -> Floats:
    """Spearman's coefficient of many predictions of one target, at once.

    Args:
        predictions: ``(m, n)`` one row for each prediction.
        target: ``(n,)`` scores.

    Returns:
        ``(m,)`` values with the same rules as :func:`srocc`.

    Raises:
        ValueError: a NaN on either side, or shapes that do not fit.
    """
    rows, row = _checked(predictions, target)
    return _cosines(_centred_ranks(rows), _centred_ranks(row[None])[0])


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
    rows, row = _checked(np.concatenate([*predictions, []])[None], np.concatenate([*targets, []]))
    ranks, given = _centred_ranks(rows)[0], _centred_ranks(row[None])[0]
    power, target_power = float(ranks @ ranks), float(given @ given)
    if target_power == 0.0:
        return np.full(len(targets), np.nan)
    ends = np.cumsum([len(np.asarray(own)) for own in targets])
    sums = np.array([own.sum() for own in np.split(ranks * given, ends[:-1])])
    return np.asarray(sums / np.sqrt(power * target_power) if power > 0 else np.zeros(len(targets)))


def plcc(prediction: ArrayLike, target: ArrayLike) -> float:
    """Pearson's linear correlation coefficient, with the same rules for constants as :func:`srocc`.

    Args:
        prediction: ``(n,)`` finite scores, any unit.
        target: ``(n,)`` finite scores, any unit.

    Returns:
        A value in [-1, 1]; 0.0 for a constant prediction, NaN for a constant target or fewer than two scores.

    Raises:
        ValueError: a NaN on either side, or lengths that differ.
    """
    rows, row = _checked(np.asarray(prediction, dtype=np.float64)[None], target)
    return float(_cosines(_centred(rows), _centred(row[None])[0])[0])


def _checked(predictions: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    rows = np.asarray(predictions, dtype=np.float64)
    row = np.asarray(target, dtype=np.float64)
    if rows.ndim != 2 or row.ndim != 1 or rows.shape[1] != len(row):
        raise ValueError(f"predictions {rows.shape} and target {row.shape} must be (m, n) and (n,)")
    if np.isnan(rows).any():
        raise NaNPredictionsError(int(np.isnan(rows).sum()), rows.size)
    if np.isnan(row).any():
        raise ValueError(f"{int(np.isnan(row).sum())} of {row.size} targets are NaN: they have no rank")
    return rows, row


def _centred_ranks(rows: Floats) -> Floats:
    """Twice the mid-ranks of each row less their mean: whole numbers, so that sums of products are exact."""
    length = rows.shape[1]
    if length == 0:
        return rows
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    place = np.arange(length)
    starts = np.ones(rows.shape, dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.ones(rows.shape, dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, place, length - 1)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(rows.shape)
    np.put_along_axis(ranks, order, (first + last - (length - 1)).astype(np.float64), axis=1)
    return ranks


def _centred(rows: Floats) -> Floats:
    if rows.shape[1] == 0:
        return rows
    constant = rows.max(axis=1, keepdims=True) == rows.min(axis=1, keepdims=True)
    # The mean of equal numbers is not always that number: without the rule a constant could look like noise.
    return np.where(constant, 0.0, rows - rows.mean(axis=1, keepdims=True))


def _cosines(rows: Floats, row: Floats) -> Floats:
    """Cosine of each centred row with a centred target, under the rule for constants."""
    target_power = float(row @ row)
    if target_power == 0.0:
        return np.full(len(rows), np.nan)
    power: Any = np.einsum("ij,ij->i", rows, rows)
    cosine = np.zeros(len(rows))
    # The root of a square is exact, a product of two roots is not: equal orders give 1.0 and nothing less.
    np.divide(rows @ row, np.sqrt(power * target_power), out=cosine, where=power > 0)
    return np.clip(cosine, -1.0, 1.0)
