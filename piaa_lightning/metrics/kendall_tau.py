"""Kendall's rank correlation between predicted and given scores, tau-b; `correlation` has the rule for constants."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from piaa_lightning.metrics.correlation import checked
from piaa_lightning.metrics.registry import Metric, register


def kendall_tau(prediction: ArrayLike, target: ArrayLike) -> float:
    """Kendall's tau-b: pairs in the same order less pairs in the other, over the roots of pairs that are not tied.

    Source: Kendall, "The Treatment of Ties in Ranking Problems", Biometrika 1945.

    Args:
        prediction: ``(n,)`` scores, any unit; only their order counts.
        target: ``(n,)`` scores, any unit; only their order counts.

    Returns:
        A value in [-1, 1]; 0.0 for a constant prediction, NaN for a constant target or fewer than two scores.

    Raises:
        ValueError: a NaN on either side, or lengths that differ.

    Example:
        >>> round(kendall_tau([0.2, 0.9, 0.4, 0.5], [1, 5, 4, 4]), 3)
        0.913
    """
    rows, row = checked(np.asarray(prediction, dtype=np.float64)[None], target)
    if len(row) < 2 or np.ptp(row) == 0:
        return float("nan")
    if np.ptp(rows[0]) == 0:
        return 0.0
    from scipy.stats import kendalltau  # late: it takes longer to import than all other metrics together

    return float(np.clip(kendalltau(rows[0], row).statistic, -1, 1))


register(Metric("kendall_tau", "Kendall's tau", kendall_tau, bounds=(-1, 1)))
