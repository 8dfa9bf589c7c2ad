"""Root of the mean squared error of predicted scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from piaa_lightning.metrics.correlation import checked
from piaa_lightning.metrics.registry import Metric, register


def rmse(prediction: ArrayLike, target: ArrayLike) -> float:
    """Root of the mean over pairs of the squared difference.

    NOTE: it says nothing of methods whose predictions are in another unit than the target, such as rankers.

    Args:
        prediction: ``(n,)`` numbers in the unit of the target.
        target: ``(n,)`` numbers, scores in [0, 1] or traits in [-1, 1].

    Returns:
        A value of 0 or more, in the unit of the target; NaN without a pair.

    Raises:
        ValueError: a NaN on either side, or lengths that differ.

    Example:
        >>> rmse([0.5, 1.0], [0.0, 1.0])
        0.3535533905932738
    """
    rows, row = checked(np.asarray(prediction, dtype=np.float64)[None], target)
    return float(np.sqrt(np.mean((rows[0] - row) ** 2))) if len(row) else float("nan")


register(Metric("rmse", "RMSE", rmse, "scores", higher_is_better=False, bounds=(0, np.inf), compared=False))
