"""Whether the colours stand on the wheel as painters like them to."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.planes import AnyImage, planes_of

BINS = 72  # of the hue wheel, five degrees each
# Template -> sectors, (middle, width) in turns. The eighth, N, is for grey images.
TEMPLATES: dict[str, tuple[tuple[float, float], ...]] = {
    "i": ((0.0, 0.05),),
    "V": ((0.0, 0.26),),
    "L": ((0.0, 0.05), (0.25, 0.22)),
    "I": ((0.0, 0.05), (0.5, 0.05)),
    "T": ((0.0, 0.5),),
    "Y": ((0.0, 0.26), (0.5, 0.05)),
    "X": ((0.0, 0.26), (0.5, 0.26)),
}


def harmony(image: AnyImage) -> float:
    """One less the distance of the hues from the nearest harmonic template, in [0, 1]; 1 is in harmony.

    Source: Cohen-Or, Sorkine, Gal, Leyvand, Xu, "Color Harmonization", SIGGRAPH 2006: the distance of every pixel's
    hue from the nearest border of a sector that holds it not, times its saturation, for seven templates in all
    positions; the least counts.
    NOTE: divided by the sum of saturations, so that it does not depend on the size of the image and on how vivid it
    is, and by half a turn, the greatest distance. Hues are counted in 72 steps.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    planes = planes_of(image)
    bins = np.minimum((planes.hue * BINS).astype(np.int64), BINS - 1)
    weights = np.bincount(bins.ravel(), planes.saturation.ravel(), BINS)
    total = float(weights.sum())
    return 1.0 if total < 1e-6 else float(1 - (template_distances() @ weights).min() / total / 0.5)


@cache
def template_distances() -> NDArray[np.float64]:
    """Distance in turns of each hue from each template in each position, ``(templates * positions, hues)``."""
    hues = (np.arange(BINS) + 0.5) / BINS
    rows = []
    for sectors in TEMPLATES.values():
        middles, widths = (np.array(part)[:, None] for part in zip(*sectors, strict=True))
        away = np.abs((hues - middles + 0.5) % 1 - 0.5) - widths / 2
        distance = np.maximum(away, 0).min(axis=0)
        rows += [np.roll(distance, position) for position in range(BINS)]
    return np.array(rows)
