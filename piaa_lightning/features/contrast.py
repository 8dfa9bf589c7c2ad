"""Measure contrast: how far light and shade are apart."""

from __future__ import annotations

import numpy as np

from piaa_lightning.features.planes import AnyImage, planes_of

MIDDLE_MASS = 0.98


def contrast(image: AnyImage) -> float:
    """Standard deviation of luma (RMS contrast), in [0, .5].

    Source: Peli, "Contrast in Complex Images", JOSA A 1990.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    return float(planes_of(image).luma.std())


def contrast_width(image: AnyImage) -> float:
    """Width of the histogram that holds the middle 98 % of all values, in [0, 1].

    Source: Ke, Tang, Jing, CVPR 2006: the histograms of red, green and blue together.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    counts = np.bincount(planes_of(image).pixels.ravel(), minlength=256)
    mass = np.cumsum(counts) / counts.sum()
    low, high = np.searchsorted(mass, [(1 - MIDDLE_MASS) / 2, (1 + MIDDLE_MASS) / 2])
    return float((high - low) / 255)
