"""One image as the planes that features look at, each computed once, however many features ask for it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]

LONG_SIDE = 256  # pixels of the longer side that features are made for
SHORTEST = 16  # pixels that a side has at least, or there is nothing to measure


class Planes:
    """Views of one image. Every feature takes an RGB array or this, so that several features share the work.

    Args:
        pixels: ``(height, width, 3)`` uint8, both sides at least 16; `shrink` makes it so.

    Raises:
        ValueError: another shape or type.
    """

    def __init__(self, pixels: Pixels) -> None:
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape[:2]) < SHORTEST:
            raise ValueError(
                f"an image is (height, width, 3) uint8 with sides of at least {SHORTEST}, not {pixels.shape}"
                f" {pixels.dtype}"
            )
        self.pixels = pixels
        self.kept: dict[str, NDArray[np.float64]] = {}  # what features that stand on others need once

    @cached_property
    def rgb(self) -> Plane:
        """Red, green and blue, ``(3, height, width)`` in [0, 1]."""
        planes = np.ascontiguousarray(self.pixels.transpose(2, 0, 1)).astype(np.float32)
        planes *= np.float32(1 / 255)
        return planes

    @cached_property
    def luma(self) -> Plane:
        """Brightness as seen, ``(height, width)`` in [0, 1]: .299 R + .587 G + .114 B (ITU-R BT.601)."""
        red, green, blue = self.rgb
        luma: Plane = np.float32(0.299) * red
        luma += np.float32(0.587) * green
        luma += np.float32(0.114) * blue
        return luma

    @cached_property
    def value(self) -> Plane:
        """V of HSV, ``(height, width)`` in [0, 1]: the greatest of the three."""
        red, green, blue = self.rgb
        value: Plane = np.maximum(np.maximum(red, green), blue)
        return value

    @cached_property
    def chroma(self) -> Plane:
        """Greatest less least of the three, ``(height, width)`` in [0, 1]."""
        red, green, blue = self.rgb
        chroma: Plane = self.value - np.minimum(np.minimum(red, green), blue)
        return chroma

    @cached_property
    def saturation(self) -> Plane:
        """S of HSV, ``(height, width)`` in [0, 1]; 0 where the image is black."""
        return np.divide(self.chroma, np.maximum(self.value, np.float32(1e-6)), dtype=np.float32)

    @cached_property
    def hue(self) -> Plane:
        """H of HSV, ``(height, width)`` in [0, 1) turns from red over green to blue; 0 where the image is grey."""
        red, green, blue = self.rgb
        value, chroma = self.value, np.maximum(self.chroma, np.float32(1e-6))
        hue: Plane = np.where(value == green, 2 + (blue - red) / chroma, 4 + (red - green) / chroma)
        hue = np.where(value == red, (green - blue) / chroma, hue)
        hue *= np.float32(1 / 6)
        hue -= np.floor(hue)
        hue[hue >= 1] = 0  # what lies a rounding below a full turn
        return hue


AnyImage = Pixels | Planes


def planes_of(image: AnyImage) -> Planes:
    """Return the planes of an RGB array, or the planes themselves."""
    return image if isinstance(image, Planes) else Planes(image)


def shrink(pixels: Pixels, long_side: int = LONG_SIDE) -> Pixels:
    """Bring an image to the size that features are made for; its aspect ratio is kept.

    Args:
        pixels: ``(height, width, 3)`` uint8 of any size.
        long_side: pixels of the longer side at most; smaller images stay as they are.

    Returns:
        ``(height, width, 3)``; no side is shorter than 16 pixels, whatever the aspect ratio.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, long_side / max(height, width))
    size = (max(SHORTEST, round(width * scale)), max(SHORTEST, round(height * scale)))
    if size == (width, height):
        return pixels
    resized: Pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR))
    return resized


def averaged(plane: Plane, rows: int, columns: int) -> NDArray[np.float64]:
    """Shrink a plane to a small map by averaging areas of whole pixels, ``(rows, columns)``.

    Args:
        plane: ``(height, width)``, at least ``rows x columns``; a smaller side is repeated.
        rows: of the map.
        columns: likewise.
    """
    for axis, cells in ((0, rows), (1, columns)):
        if plane.shape[axis] < cells:
            plane = plane.repeat(-(-cells // plane.shape[axis]), axis)
        edges = np.linspace(0, plane.shape[axis], cells + 1).astype(np.int64)
        sums = np.add.reduceat(plane, edges[:-1], axis)
        areas = np.diff(edges).astype(np.float32).reshape([-1, 1] if axis == 0 else [1, -1])
        plane = np.divide(sums, areas, dtype=np.float32)
    return plane.astype(np.float64)
