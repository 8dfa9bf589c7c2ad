"""Spearman's rank correlation between predicted and given scores, with mid-ranks; `correlation` has the rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from piaa_lightning.metrics.correlation import Floats, centred_ranks, checked, cosines
from piaa_lightning.metrics.registry import MAIN, Metric, register


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
    rows, row = checked(predictions, target)
    return cosines(centred_ranks(rows), centred_ranks(row[None])[0])


register(Metric(MAIN, "SROCC", srocc, bounds=(-1, 1)))
