"""Descriptors on a regular grid: what lies in 4 x 4 cells around every grid point, at several scales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from piaa_lightning.features.planes import Plane

CELLS = 4  # a side of a patch
Floats = NDArray[np.float32]


def patches(cells: Floats, step: int) -> Floats:
    """Join 4 x 4 neighbouring cells to patches.

    Args:
        cells: ``(rows, columns, values)``, at least 4 x 4 of them.
        step: cells from a patch to the next.

    Returns:
        ``(patches, 16 * values)``, cell after cell.
    """
    windows = sliding_window_view(cells, (CELLS, CELLS), axis=(0, 1))[::step, ::step]
    values = cells.shape[2]
    return np.ascontiguousarray(windows.transpose(0, 1, 3, 4, 2)).reshape(-1, CELLS * CELLS * values)


def halvings(planes: Plane, cell: int, scales: int) -> Iterator[Plane]:
    """Yield planes at full size, at half of it, and so on, as long as a patch fits into them.

    An image that is smaller than one patch is enlarged to it.

    Args:
        planes: ``(planes, height, width)``.
        cell: side of a cell in pixels.
        scales: how many at most.
    """
    for axis in (1, 2):
        if planes.shape[axis] < CELLS * cell:
            planes = planes.repeat(-(-CELLS * cell // planes.shape[axis]), axis)
    for _ in range(scales):
        if min(planes.shape[1:]) < CELLS * cell:
            return
        yield planes
        height, width = (length // 2 * 2 for length in planes.shape[1:])
        even = planes[:, :height, :width]
        planes = even[:, ::2, ::2] + even[:, 1::2, ::2]
        planes += even[:, ::2, 1::2]
        planes += even[:, 1::2, 1::2]
        planes *= np.float32(0.25)
