"""How rough, busy and regular an image is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import entropy

from piaa_lightning.features.planes import AnyImage, Plane, planes_of

GREYS = 8  # levels of luma that neighbours are counted on
HAAR_LEVELS = 3
TEXTURE = (
    "entropy",
    "neighbour_contrast",
    "neighbour_energy",
    "neighbour_homogeneity",
    "neighbour_correlation",
    *(f"detail_{level}" for level in range(1, HAAR_LEVELS + 1)),
)


def texture(image: AnyImage) -> NDArray[np.float64]:
    """Eight measures of texture, ``(8,)`` in the order of `TEXTURE`.

    Source: the entropy of grey values; contrast, energy, homogeneity and correlation of a grey-level co-occurrence
    matrix (Haralick, Shanmugam, Dinstein, "Textural Features for Image Classification", 1973); and the detail at three
    levels of a wavelet (Datta et al., ECCV 2006), all of luma.
    NOTE: neighbours to the right and below on 8 grey levels; Haar's wavelet instead of Daubechies'.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.

    Returns:
        Entropy as a share of 8 bits; contrast as a share of the greatest; all but correlation, in [-1, 1], lie in
        [0, 1]; a flat image has correlation 1.
    """
    luma = planes_of(image).luma
    return np.array([_entropy(luma), *_of_neighbours(luma), *_details(luma)])


def _entropy(luma: Plane) -> float:
    return float(entropy(np.bincount(np.minimum(luma * 256, 255).astype(np.int64).ravel()), base=2) / 8)


def _of_neighbours(luma: Plane) -> tuple[float, float, float, float]:
    """Contrast, energy, homogeneity and correlation of the co-occurrence matrix, which is symmetric."""
    grey = np.minimum(luma * GREYS, GREYS - 1).astype(np.int64)
    counts = np.bincount((GREYS * grey[:, :-1] + grey[:, 1:]).ravel(), minlength=GREYS**2)
    counts += np.bincount((GREYS * grey[:-1] + grey[1:]).ravel(), minlength=GREYS**2)
    joint = counts.reshape(GREYS, GREYS) + counts.reshape(GREYS, GREYS).T
    joint = joint / joint.sum()
    level = np.arange(GREYS)
    apart = np.abs(level[:, None] - level)
    own = joint.sum(axis=0)
    mean = float(own @ level)
    variance = float(own @ (level - mean) ** 2)
    common = float((level - mean) @ joint @ (level - mean))
    return (
        float((joint * apart**2).sum()) / (GREYS - 1) ** 2,
        float((joint**2).sum()),
        float((joint / (1 + apart)).sum()),
        common / variance if variance > 1e-12 else 1.0,
    )


def _details(luma: Plane) -> list[float]:
    """Mean absolute detail at each level of Haar's wavelet, the finest first, in [0, 1]; 0 where it is too small."""
    found, low = [], luma
    for _ in range(HAAR_LEVELS):
        height, width = (length // 2 * 2 for length in low.shape)
        a, b, c, d = (low[down:height:2, right:width:2] for down in (0, 1) for right in (0, 1))
        parts = (a - b + c - d, a + b - c - d, a - b - c + d)
        found.append(float(sum(np.abs(part).mean() for part in parts)) / 6)
        low = (a + b + c + d) * np.float32(0.25)
    return found
