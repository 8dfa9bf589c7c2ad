"""How far a predicted distribution of votes is from the true one, over ordered bins.

NOTE: the literature says "EMD" of several numbers. Here r is in every name, and the sum over bins is divided by their
number before the root, as in NIMA. The published .047 to .054 on AVA fit r=1 divided by the bins; that is a
hypothesis, so both are printed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piaa_lightning.metrics.registry import Metric, register

Floats = NDArray[np.float64]
SUM_TOLERANCE = 1e-2  # half precision; a head's outputs before the softmax do not come near


def emd(prediction: ArrayLike, target: ArrayLike, r: float) -> Floats:
    """Earth mover's distance of each image, (1/N sum_k |CDF^(k) - CDF(k)|^r)^(1/r) over N bins.

    Source: Talebi and Milanfar, "NIMA: Neural Image Assessment", TIP 2018. Votes that are all carried from the first
    bin to the last cost (N-1)/N with r=1 and the root of that with r=2.

    Args:
        prediction: ``(images, bins)`` shares in [0, 1] from the worst bin to the best, rows sum to one.
        target: ``(images, bins)`` shares in [0, 1] from the worst bin to the best, rows sum to one.
        r: at least 1; the field uses 1 and 2.

    Returns:
        ``(images,)`` values in [0, 1).

    Raises:
        ValueError: shapes that differ, r below 1, or a row that is no distribution.

    Example:
        >>> emd([[1.0, 0.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 0.0]], r=1)
        array([0.5])
    """
    predicted, true = np.asarray(prediction, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if predicted.ndim != 2 or predicted.shape != true.shape or predicted.shape[1] == 0:
        raise ValueError(f"predictions {predicted.shape} and targets {true.shape} must both be (images, bins)")
    if r < 1:
        raise ValueError(f"r must be at least 1, not {r}: below it this is no distance")
    for what, rows in (("predictions", predicted), ("targets", true)):
        bad = ~((np.abs(rows.sum(axis=1) - 1) <= SUM_TOLERANCE) & (rows >= 0).all(axis=1))
        if bad.any():
            raise ValueError(f"{int(bad.sum())} of {len(rows)} {what} are no distributions: rows must sum to one")
    carried = np.abs(np.cumsum(predicted - true, axis=1))
    return np.asarray((carried**r).mean(axis=1) ** (1 / r), dtype=np.float64)


def emd_r1(prediction: ArrayLike, target: ArrayLike) -> Floats:
    """Return :func:`emd` of each image with r=1."""
    return emd(prediction, target, 1)


def emd_r2(prediction: ArrayLike, target: ArrayLike) -> Floats:
    """Return :func:`emd` of each image with r=2."""
    return emd(prediction, target, 2)


register(Metric("emd_r1", "EMD r=1", emd_r1, "distributions", ("image",), higher_is_better=False, bounds=(0, 1)))
register(
    Metric(
        "emd_r2", "EMD r=2", emd_r2, "distributions", ("image",), higher_is_better=False, bounds=(0, 1), compared=False
    )
)
