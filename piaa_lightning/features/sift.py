"""SIFT on a regular grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.features.grid import halvings, patches
from piaa_lightning.features.planes import AnyImage, Plane, planes_of

ORIENTATIONS = 8
LENGTH = 128
CLIP = 0.2
FLAT = 0.02  # length of a descriptor below which a patch is taken to be flat, per pixel of its cells


def dense_sift(image: AnyImage, cell: int = 4, step: int = 2, scales: int = 4) -> NDArray[np.float32]:
    """SIFT descriptors of patches of 4 x 4 cells, every ``step`` cells, at several scales.

    Source: Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004, on a grid as in Marchesotti,
    Perronnin, Larlus, Csurka, "Assessing the Aesthetic Quality of Images Using Generic Image Descriptors", ICCV
    2011, whose features are those of AVA's authors.
    NOTE: that paper has patches of 32 pixels every 4 pixels at five scales, in images of up to 500,000 pixels. The
    default here, 16 pixels every 8 in images of 256 pixels, covers as much of an image with fewer of them. Gradients
    are shared between the two nearest orientations but not between cells, and no Gaussian window lies over a patch.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
        cell: side of a cell in pixels.
        step: cells from a patch to the next.
        scales: how often the image is halved, less one, as long as a patch fits.

    Returns:
        ``(patches, 128)`` of length one, each value at most about .2; zeros where a patch is flat.
    """
    luma = planes_of(image).luma[None]
    found = [patches(orientations(plane[0], cell), step) for plane in halvings(luma, cell, scales)]
    return _normalised(np.concatenate(found), FLAT * cell)


def orientations(plane: Plane, cell: int) -> NDArray[np.float32]:
    """Histogram of gradient orientations of every cell, weighted by the gradient.

    Args:
        plane: ``(height, width)`` in [0, 1].
        cell: side of a cell in pixels; what is left over at the right and below is not looked at.

    Returns:
        ``(height // cell, width // cell, 8)``, orientation 0 to the right, then clockwise as rows count down.
    """
    rows, columns = (length // cell for length in plane.shape)
    down, right = np.zeros_like(plane), np.zeros_like(plane)
    np.subtract(plane[2:], plane[:-2], out=down[1:-1])
    np.subtract(plane[:, 2:], plane[:, :-2], out=right[:, 1:-1])
    down, right = down[: rows * cell, : columns * cell], right[: rows * cell, : columns * cell]
    strength = np.hypot(down, right)
    turn = np.arctan2(down, right)
    turn *= np.float32(ORIENTATIONS / (2 * np.pi))
    below = np.floor(turn)
    share = (turn - below) * strength
    lower = below.astype(np.int32) & (ORIENTATIONS - 1)
    place = np.add.outer(
        np.repeat(np.arange(rows, dtype=np.int32) * columns, cell), np.repeat(np.arange(columns, dtype=np.int32), cell)
    )
    place *= ORIENTATIONS
    upper = (lower + 1) & (ORIENTATIONS - 1)
    size = rows * columns * ORIENTATIONS
    found = np.bincount((place + lower).ravel(), (strength - share).ravel(), size)
    found += np.bincount((place + upper).ravel(), share.ravel(), size)
    return found.astype(np.float32).reshape(rows, columns, ORIENTATIONS)


def _normalised(descriptors: NDArray[np.float32], flat: float) -> NDArray[np.float32]:
    """Bring to length one, cut values above .2, and again, so that no single edge decides."""
    length = np.sqrt((descriptors**2).sum(axis=1, keepdims=True))
    unit = np.minimum(descriptors / np.maximum(length, flat), CLIP)
    unit /= np.maximum(np.sqrt((unit**2).sum(axis=1, keepdims=True)), 1e-6)
    unit[length[:, 0] < flat] = 0
    return np.asarray(unit, dtype=np.float32)
