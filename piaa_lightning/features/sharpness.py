"""Measure the sharpness of an image, and how its edges are spread."""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft2

from piaa_lightning.features.planes import AnyImage, averaged, planes_of

STRENGTH = 5.0  # of a frequency that counts, on a scale of grey values from 0 to 255
EDGE_MAP, EDGE_MASS = 100, 0.98


def sharpness(image: AnyImage) -> float:
    """Share of the frequencies of luma that are strong, in [0, 1].

    Source: Ke, Tang, Jing, CVPR 2006 (blur): of the Fourier transform divided by the root of the number of pixels, the
    share of values above 5.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    luma = planes_of(image).luma
    width = luma.shape[1]
    strong = np.abs(rfft2(luma)) > np.float32(STRENGTH / 255 * np.sqrt(luma.size))
    columns = strong.sum(axis=0)
    once = columns[0] + (columns[-1] if width % 2 == 0 else 0)  # the other columns stand for two of the whole
    return float(2 * columns.sum() - once) / luma.size


def edge_spread(image: AnyImage) -> float:
    """Share of the image that the box around 96 % of its edges leaves free, in [0, 1).

    Source: Ke, Tang, Jing, CVPR 2006: of the absolute Laplacian, brought to 100 x 100, the box that holds the middle
    98 % of the mass in either direction; edges of a simple image lie in a small one.
    NOTE: the Laplacian of luma with four neighbours; the paper's is of three channels and has eight.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    luma = planes_of(image).luma
    inner = luma[1:-1, 1:-1]
    edges = np.abs(4 * inner - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:])
    small = averaged(edges, EDGE_MAP, EDGE_MAP)
    total = float(small.sum())
    if total < 1e-4:
        return 0.0
    sides = []
    for axis in (0, 1):
        mass = np.cumsum(small.sum(axis=1 - axis)) / total
        low, high = np.searchsorted(mass, [(1 - EDGE_MASS) / 2, (1 + EDGE_MASS) / 2 - 1e-9])
        sides.append((min(high, EDGE_MAP - 1) - low + 1) / EDGE_MAP)
    return float(1 - sides[0] * sides[1])
