"""Pearson's linear correlation between predicted and given scores; `correlation` has the rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from piaa_lightning.metrics.correlation import centred, checked, cosines
from piaa_lightning.metrics.registry import Metric, register


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
    rows, row = checked(np.asarray(prediction, dtype=np.float64)[None], target)
    return float(cosines(centred(rows), centred(row[None])[0])[0])


register(Metric("plcc", "PLCC", plcc, bounds=(-1, 1), compared=False))
