"""Random crops and flips of stored pictures."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def crop_and_flip(pictures: Tensor, size: int, random: np.random.Generator, flip: float = 0.5) -> Tensor:
    """Cut a random square out of every picture and mirror some of them, as all protocols of the talk do.

    Args:
        pictures: ``(batch, 3, stored, stored)`` uint8.
        size: side of the square cut out, at most ``stored``.
        random: where the draws come from.
        flip: probability of a horizontal flip, in [0, 1].

    Returns:
        ``(batch, 3, size, size)`` uint8.
    """
    batch, channels, stored, _ = pictures.shape
    corners = random.integers(0, stored - size + 1, (batch, 2))
    mirrored = random.random(batch) < flip
    cut = torch.empty((batch, channels, size, size), dtype=pictures.dtype)
    for index, (top, left) in enumerate(corners):
        crop = pictures[index, :, top : top + size, left : left + size]
        cut[index] = crop.flip(-1) if mirrored[index] else crop
    return cut
