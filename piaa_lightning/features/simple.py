"""All simple features of an image at once, by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.brightness import brightness
from piaa_lightning.features.colourfulness import colourfulness, hue_count, saturation
from piaa_lightning.features.contrast import contrast, contrast_width
from piaa_lightning.features.depth_of_field import depth_of_field
from piaa_lightning.features.harmony import harmony
from piaa_lightning.features.planes import AnyImage, Planes, planes_of
from piaa_lightning.features.saliency import saliency_spread
from piaa_lightning.features.sharpness import edge_spread, sharpness
from piaa_lightning.features.symmetry import symmetry
from piaa_lightning.features.thirds import thirds, thirds_share

_SINGLE: dict[str, Callable[[Planes], float]] = {
    "colourfulness": colourfulness,
    "saturation": saturation,
    "hue_count": hue_count,
    "harmony": harmony,
    "brightness": brightness,
    "contrast": contrast,
    "contrast_width": contrast_width,
    "sharpness": sharpness,
    "edge_spread": edge_spread,
    "saliency_spread": saliency_spread,
    "thirds": thirds,
    "thirds_share": thirds_share,
    "symmetry": symmetry,
}
_DEPTHS = ("depth_of_field_hue", "depth_of_field_saturation", "depth_of_field_value")
SIMPLE: tuple[str, ...] = (*_SINGLE, *_DEPTHS, "aspect")


def simple_features(image: AnyImage) -> NDArray[np.float64]:
    """Measure everything that needs no learning, ``(len(SIMPLE),)`` in the order of `SIMPLE`.

    The last one, aspect, is width over height (Datta et al., ECCV 2006).

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    planes = planes_of(image)
    height, width = planes.pixels.shape[:2]
    single = [measure(planes) for measure in _SINGLE.values()]
    return np.array([*single, *depth_of_field(planes), width / height])
