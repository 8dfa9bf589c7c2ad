"""Whether the middle is sharp and the rest is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.planes import AnyImage, Plane, planes_of

LEVEL = 3
BLOCKS = 4  # a side of the image is cut into so many; the middle is the inner two


def depth_of_field(image: AnyImage) -> NDArray[np.float64]:
    """Share of the wavelet energy that lies in the middle of the image, for hue, saturation and value.

    Source: Datta, Joshi, Li, Wang, ECCV 2006: absolute coefficients of the third level of a wavelet transform, summed
    over the inner 2 x 2 of 4 x 4 blocks and divided by the sum over all. A share of a quarter is what an image has
    that is equally sharp everywhere.
    NOTE: the paper says Daubechies' wavelet and not which; this is the first of them, Haar's.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.

    Returns:
        ``(3,)`` in [0, 1]; a quarter where there is no detail at all.
    """
    planes = planes_of(image)
    return np.array([_middle_share(plane) for plane in (planes.hue, planes.saturation, planes.value)])


def _middle_share(plane: Plane) -> float:
    energy = third_level(plane)
    total = float(energy.sum())
    if total < 1e-4:  # rounding alone
        return 0.25
    top, left = (max(1, length // BLOCKS) for length in energy.shape)
    return float(energy[top : energy.shape[0] - top, left : energy.shape[1] - left].sum()) / total


def third_level(plane: Plane) -> NDArray[np.float32]:
    """Sum of the three absolute detail coefficients of Haar's wavelet at the third level.

    Args:
        plane: ``(height, width)``; what is left over of a multiple of 8 is not looked at.

    Returns:
        ``(height // 8, width // 8)``.
    """
    side = 2 ** (LEVEL - 1)
    rows, columns = (length // 2**LEVEL * 2 for length in plane.shape)
    cut = plane[: rows * side, : columns * side]
    # twice the average over two pixels and two directions at every level: what Haar's low-pass filter leaves
    low = np.add.reduceat(
        np.add.reduceat(cut, np.arange(0, rows * side, side), 0), np.arange(0, columns * side, side), 1
    )
    low = low / np.float32(side)
    a, b, c, d = low[::2, ::2], low[::2, 1::2], low[1::2, ::2], low[1::2, 1::2]
    details = np.abs(a - b + c - d) + np.abs(a + b - c - d) + np.abs(a - b - c + d)
    return np.asarray(details / 2, dtype=np.float32)
