"""Measure colour: Hasler's and Süsstrunk's colourfulness, the mean saturation, and the number of hues."""

from __future__ import annotations

import math

import numpy as np

from piaa_lightning.features.planes import AnyImage, planes_of

HUES, HUE_SHARE = 20, 0.05  # bins of hue, and the share of the fullest bin from which one counts
COLOURED, LIT = 0.2, (0.15, 0.95)  # least saturation, and range of values, of pixels whose hue is seen


def colourfulness(image: AnyImage) -> float:
    """Spread and mean of two opponent colours, sqrt(s_rg^2 + s_yb^2) + .3 sqrt(m_rg^2 + m_yb^2).

    Source: Hasler and Süsstrunk, "Measuring Colourfulness in Natural Images", SPIE 2003: rg = R - G and
    yb = (R + G)/2 - B on a scale of 0 to 255, where 15 is slightly and 109 extremely colourful.
    NOTE: divided by 255 here, so that it is of the other features' size.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.

    Returns:
        At least 0, grey; about .06 slightly and .43 extremely colourful.
    """
    red, green, blue = planes_of(image).rgb
    opponents = (red - green, (red + green) * np.float32(0.5) - blue)
    mean = math.hypot(*(float(plane.mean()) for plane in opponents))
    spread = math.hypot(*(float(plane.std()) for plane in opponents))
    return spread + 0.3 * mean


def saturation(image: AnyImage) -> float:
    """Mean saturation of HSV, in [0, 1].

    Source: Datta, Joshi, Li, Wang, "Studying Aesthetics in Photographic Images Using a Computational Approach", ECCV
    2006.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    return float(planes_of(image).saturation.mean())


def hue_count(image: AnyImage) -> float:
    """Share of 20 hues that are present: simple images have few.

    Source: Ke, Tang, Jing, CVPR 2006: of pixels with saturation above .2 and value in [.15, .95], a histogram of 20
    hues; those count that hold more than .05 of the fullest.
    NOTE: as a share in [0, 1], where the paper has 20 less the count.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    planes = planes_of(image)
    seen = (planes.saturation > COLOURED) & (planes.value >= LIT[0]) & (planes.value <= LIT[1])
    counts = np.bincount((planes.hue[seen] * HUES).astype(np.int64), minlength=HUES)
    return float((counts > HUE_SHARE * counts.max()).sum() / HUES) if counts.any() else 0.0
