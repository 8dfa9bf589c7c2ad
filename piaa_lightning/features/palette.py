"""Which colours an image has, by the eleven names that people give them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.planes import AnyImage, planes_of

# Hues in turns where one name ends; red begins anew at the last.
_ENDS = (0.04, 0.11, 0.18, 0.45, 0.70, 0.80, 0.94)
_HUES = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "red")
PALETTE = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "blue", "purple", "pink")
DARK, LIGHT = 0.15, 0.85  # value below which all is black, and above which what is grey is white
GREY = 0.15  # saturation below which there is no hue
BROWN = 0.55  # value below which red, orange and yellow are called brown


def palette(image: AnyImage) -> NDArray[np.float64]:
    """Share of the pixels of each of eleven colours, ``(11,)`` in [0, 1] with sum 1, in the order of `PALETTE`.

    Source: colour names, Berlin and Kay, "Basic Color Terms" (1969), as Machajdik and Hanbury, ACM MM 2010, measure
    them.
    NOTE: they have a table of names that was learnt from labelled images (van de Weijer et al., IEEE TIP 2009); here
    fixed borders of hue, saturation and value stand for it. Where they lie is a hypothesis.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.

    Example:
        >>> float(palette(np.full((16, 16, 3), (255, 0, 0), np.uint8))[PALETTE.index("red")])
        1.0
    """
    planes = planes_of(image)
    value, saturation = planes.value, planes.saturation
    names = np.array([PALETTE.index(name) for name in _HUES])[np.digitize(planes.hue, _ENDS)]
    warm = np.isin(names, [PALETTE.index(name) for name in ("red", "orange", "yellow")])
    names[warm & (value < BROWN)] = PALETTE.index("brown")
    grey = saturation < GREY
    names[grey] = np.where(value[grey] > LIGHT, PALETTE.index("white"), PALETTE.index("grey"))
    names[value < DARK] = PALETTE.index("black")
    return np.bincount(names.ravel(), minlength=len(PALETTE)) / names.size
