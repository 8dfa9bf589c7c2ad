"""Measure saliency, and how far it is spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter

from piaa_lightning.features.planes import AnyImage, averaged, planes_of

SIDE = 64  # pixels of the map, as in the paper
BLUR = 2.5  # standard deviation in pixels of the map


def saliency(image: AnyImage) -> NDArray[np.float64]:
    """Saliency by the spectral residual.

    Source: Hou and Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007: the log spectrum less its
    3 x 3 average, transformed back with the phase kept, squared and blurred, of the image at 64 pixels.
    NOTE: both sides are brought to 64 pixels, so that the image's aspect ratio plays no part. The paper prints no
    width of the blur; 2.5 is what its published lines of code are remembered to use (a hypothesis).

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.

    Returns:
        ``(64, 64)`` of at least 0 that sum to one; uniform where nothing stands out.
    """
    planes = planes_of(image)
    if "saliency" not in planes.kept:
        planes.kept["saliency"] = _residual(averaged(planes.luma, SIDE, SIDE))
    return planes.kept["saliency"]


def _residual(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    if np.ptp(luma) < 1e-6:
        return np.full(luma.shape, 1 / luma.size)
    spectrum = np.fft.fft2(luma)
    strength = np.abs(spectrum)
    logarithm = np.log(strength + 1e-8)
    residual = logarithm - uniform_filter(logarithm, 3, mode="wrap")
    back = np.fft.ifft2(np.exp(residual) * spectrum / (strength + 1e-8))
    found: NDArray[np.float64] = gaussian_filter(np.abs(back) ** 2, BLUR)
    found /= found.sum()
    return found


def saliency_spread(image: AnyImage) -> float:
    """Share of the image that holds half of its saliency, in (0, .5]: small for one subject, half for none.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    mass = np.cumsum(np.sort(saliency(image), axis=None)[::-1])
    return float((np.searchsorted(mass, 0.5 - 1e-9) + 1) / mass.size)


def centre(map_of_shares: NDArray[np.float64]) -> tuple[float, float]:
    """Return where the mass of a map lies, ``(down, right)`` in [0, 1].

    Args:
        map_of_shares: ``(rows, columns)`` that sum to one.
    """
    rows, columns = map_of_shares.shape
    down = float(map_of_shares.sum(axis=1) @ (np.arange(rows) + 0.5)) / rows
    right = float(map_of_shares.sum(axis=0) @ (np.arange(columns) + 0.5)) / columns
    return down, right
