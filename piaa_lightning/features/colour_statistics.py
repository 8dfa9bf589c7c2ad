"""Colour on the grid that SIFT stands on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.grid import halvings, patches
from piaa_lightning.features.planes import AnyImage, Plane, planes_of

LENGTH = 96


def colour_statistics(image: AnyImage, cell: int = 4, step: int = 2, scales: int = 4) -> NDArray[np.float32]:
    """Mean and standard deviation of red, green and blue in 4 x 4 cells, every ``step`` cells, at several scales.

    Source: Clinchant, Csurka, Perronnin, Renders, "XRCE's Participation to ImagEval", 2007, as used by Marchesotti et
    al., ICCV 2011, and AVA's authors.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
        cell: side of a cell in pixels.
        step: cells from a patch to the next.
        scales: how often the image is halved, less one, as long as a patch fits.

    Returns:
        ``(patches, 96)`` in [0, 1]: of every cell the three means, then the three standard deviations.
    """
    found = []
    for planes in halvings(planes_of(image).rgb, cell, scales):
        mean, square = _averaged(planes, cell), _averaged(planes * planes, cell)
        spread = np.sqrt(np.maximum(square - mean * mean, 0))
        found.append(patches(np.concatenate([mean, spread]).transpose(1, 2, 0), step))
    return np.concatenate(found)


def _averaged(planes: Plane, cell: int) -> Plane:
    """Average over cells, ``(planes, height // cell, width // cell)``; few long additions are fast."""
    rows, columns = (length // cell * cell for length in planes.shape[1:])
    whole = planes[:, :rows, :columns]
    beside = whole[..., ::cell].copy()
    for column in range(1, cell):
        beside += whole[..., column::cell]
    found = beside[:, ::cell].copy()
    for row in range(1, cell):
        found += beside[:, row::cell]
    found *= np.float32(1 / cell**2)
    return found
