"""The best crops of an image at given shapes, by a personal score."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from piaa_lightning.data.images.decode import Pixels
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.photo_features import PhotoFeatures

SCALES = (1.0, 0.8, 0.6)  # of the largest crop of a shape
STEPS = 3  # places along each side that has room
BATCH = 32


@dataclass(frozen=True)
class Crop:
    """One crop.

    Args:
        shape: for instance ``16:9``.
        box: left, upper, right and lower edge as shares of the image's width and height.
        score: by the user.
    """

    shape: str
    box: tuple[float, float, float, float]
    score: float

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return the box in pixels of an image of this size."""
        left, upper, right, lower = self.box
        return round(left * width), round(upper * height), round(right * width), round(lower * height)


def shape_of(text: str) -> float:
    """Return width over height of a shape such as ``16:9``.

    Raises:
        UserError: it is none.
    """
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?):(\d{1,3}(?:\.\d+)?)", text.strip())
    if not found or not float(found[1]) or not float(found[2]):
        raise UserError(f"crop.shapes: '{text}' is no shape; give width and height, for instance 16:9.")
    return float(found[1]) / float(found[2])


def boxes(width: int, height: int, shape: float) -> list[tuple[float, float, float, float]]:
    """Return candidate boxes of a shape: three sizes, evenly spread over the image, as shares of its sides."""
    largest = min(width, height * shape)
    found = []
    for scale in SCALES:
        wide, high = scale * largest / width, scale * largest / shape / height
        for left in _places(1 - wide):
            found += [(left, upper, left + wide, upper + high) for upper in _places(1 - high)]
    return found


def _places(room: float) -> list[float]:
    return [room / 2] if room < 0.02 else np.linspace(0, room, STEPS).tolist()


def best_crops(
    pixels: Pixels,
    shapes: Sequence[str],
    networks: PhotoNetworks,
    score: Callable[[PhotoFeatures], Tensor],
) -> list[Crop]:
    """Find the best crop of each shape.

    NOTE: the networks see every crop squashed to a square, as they see whole images.

    Args:
        pixels: ``(height, width, 3)`` of the image; a small copy will do.
        shapes: for instance ``16:9``.
        networks: look at the crops.
        score: scores what they saw.

    Raises:
        UserError: a shape that is none.
    """
    height, width = pixels.shape[:2]
    asked = [(shape, box) for shape in shapes for box in boxes(width, height, shape_of(shape))]
    found: list[float] = []
    for start in range(0, len(asked), BATCH):
        some = [Crop(shape, box, 0.0).pixels(width, height) for shape, box in asked[start : start + BATCH]]
        # a crop of a thin image may be less than a pixel wide in a small copy
        cut = [pixels[upper : max(lower, upper + 1), left : max(right, left + 1)] for left, upper, right, lower in some]
        with torch.inference_mode():
            found += score(networks.look_at_all([networks.squares(crop) for crop in cut])).tolist()
    crops = [Crop(shape, box, value) for (shape, box), value in zip(asked, found, strict=True)]
    return [max((crop for crop in crops if crop.shape == shape), key=lambda crop: crop.score) for shape in shapes]


def small_copy(pixels: Pixels, shortest: int) -> Pixels:
    """Shrink a large image, so that hundreds of candidates are cut from little."""
    image = Image.fromarray(pixels)
    factor = shortest / min(image.size)
    if factor >= 1:
        return pixels
    sides = [max(1, round(side * factor)) for side in image.size]
    return np.asarray(image.resize((sides[0], sides[1]), Image.Resampling.BILINEAR, reducing_gap=2.0))
