"""What computational aesthetics measures of an image: the simple features, its colours, and its texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.palette import PALETTE, palette
from piaa_lightning.features.planes import AnyImage, planes_of
from piaa_lightning.features.simple import SIMPLE, simple_features
from piaa_lightning.features.texture import TEXTURE, texture

COMPUTATIONAL: tuple[str, ...] = (*SIMPLE, *PALETTE, *TEXTURE)


def computational_features(image: AnyImage) -> NDArray[np.float64]:
    """Colour, composition and texture, ``(len(COMPUTATIONAL),)`` in the order of `COMPUTATIONAL`.

    Source: the families of Segalin et al., IEEE TAC 2017, after Machajdik and Hanbury, ACM MM 2010, and Datta et al.,
    ECCV 2006.
    NOTE: 36 numbers instead of 82: Tamura's measures, segments, GIST, faces and objects are left out.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    planes = planes_of(image)
    return np.concatenate([simple_features(planes), palette(planes), texture(planes)])
