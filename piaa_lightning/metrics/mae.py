"""Mean absolute error of predicted scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from piaa_lightning.metrics.correlation import checked
from piaa_lightning.metrics.registry import Metric, register


def mae(prediction: ArrayLike, target: ArrayLike) -> float:
    """Mean over pairs of the absolute difference.

    NOTE: it says nothing of methods whose predictions are in another unit than the scores, such as rankers.

    Args:
        prediction: ``(n,)`` scores in the unit of the target, here [0, 1].
        target: ``(n,)`` scores.

    Returns:
        A value of 0 or more, in the unit of the scores; NaN without a pair.

    Raises:
        ValueError: a NaN on either side, or lengths that differ.

    Example:
        >>> mae([0.5, 1.0], [0.0, 0.75])
        0.375
    """
    rows, row = checked(np.asarray(prediction, dtype=np.float64)[None], target)
    return float(np.abs(rows[0] - row).mean()) if len(row) else float("nan")


register(Metric("mae", "MAE", mae, "scores", higher_is_better=False, bounds=(0, np.inf)))
