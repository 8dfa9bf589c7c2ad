"""The rule of thirds: does what catches the eye lie where the lines of thirds cross."""

from __future__ import annotations

import numpy as np

from piaa_lightning.features.planes import AnyImage
from piaa_lightning.features.saliency import centre, saliency

CROSSINGS = np.array([(down, right) for down in (1 / 3, 2 / 3) for right in (1 / 3, 2 / 3)])
FARTHEST = np.sqrt(2) / 3  # from a corner of the image to the nearest crossing
NEAR = 1 / 6  # of the image's sides


def thirds(image: AnyImage) -> float:
    """Nearness of the centre of saliency to the nearest crossing of the lines of thirds, in [0, 1].

    Source: Dhar, Ordonez, Berg, "High Level Describable Attributes for Predicting Aesthetics and Interestingness",
    CVPR 2011: least distance of the salient object's centre to the four crossings.
    NOTE: the object is the whole saliency map here, which needs no trained detector. Distances are in shares of the
    image's sides; 1 lies on a crossing, 0 in a corner, and the image's middle has a half.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    distance = np.sqrt(((CROSSINGS - centre(saliency(image))) ** 2).sum(axis=1)).min()
    return float(1 - distance / FARTHEST)


def thirds_share(image: AnyImage) -> float:
    """Share of the saliency that lies within a sixth of the image's sides of a crossing, in [0, 1].

    Source: the same rule, for images with several subjects, whose common centre says nothing.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    found = saliency(image)
    down, right = (((np.arange(side) + 0.5) / side) for side in found.shape)
    near = np.zeros(found.shape, dtype=bool)
    for row, column in CROSSINGS:
        near |= (down[:, None] - row) ** 2 + (right - column) ** 2 <= NEAR**2
    return float(found[near].sum())
