"""What correlations share: checks, mid-ranks, and a rule for constants.

SciPy calls a correlation with a constant "not a number", torchmetrics calls it 0. Here the two sides differ:
a constant *target* is undefined (NaN: the user has no order to predict, so the caller leaves them out and counts
them), a constant *prediction* is 0.0 (the method was asked for an order and gave none).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piaa_lightning.errors import NaNPredictionsError

Floats = NDArray[np.float64]


def checked(predictions: ArrayLike, target: ArrayLike) -> tuple[Floats, Floats]:
    """Return predictions ``(m, n)`` and their target ``(n,)`` as arrays.

    Raises:
        ValueError: a NaN on either side, or shapes that do not fit.
    """
    rows = np.asarray(predictions, dtype=np.float64)
    row = np.asarray(target, dtype=np.float64)
    if rows.ndim != 2 or row.ndim != 1 or rows.shape[1] != len(row):
        raise ValueError(f"predictions {rows.shape} and target {row.shape} must be (m, n) and (n,)")
    if np.isnan(rows).any():
        raise NaNPredictionsError(int(np.isnan(rows).sum()), rows.size)
    if np.isnan(row).any():
        raise ValueError(f"{int(np.isnan(row).sum())} of {row.size} targets are NaN: they have no rank")
    return rows, row


def centred_ranks(rows: Floats) -> Floats:
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


def centred(rows: Floats) -> Floats:
    """Return each row less its mean; a constant row is zero."""
    if rows.shape[1] == 0:
        return rows
    constant = rows.max(axis=1, keepdims=True) == rows.min(axis=1, keepdims=True)
    # The mean of equal numbers is not always that number: without the rule a constant could look like noise.
    return np.where(constant, 0.0, rows - rows.mean(axis=1, keepdims=True))


def cosines(rows: Floats, row: Floats) -> Floats:
    """Cosine of each centred row with a centred target, under the rule for constants."""
    target_power = float(row @ row)
    if target_power == 0.0:
        return np.full(len(rows), np.nan)
    power: Any = np.einsum("ij,ij->i", rows, rows)
    cosine = np.zeros(len(rows))
    # The root of a square is exact, a product of two roots is not: equal orders give 1.0 and nothing less.
    np.divide(rows @ row, np.sqrt(power * target_power), out=cosine, where=power > 0)
    return np.clip(cosine, -1.0, 1.0)
