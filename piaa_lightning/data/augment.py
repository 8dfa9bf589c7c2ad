"""Random crops and flips of stored pictures: drawn where a batch is fetched, cut where the network is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Chances = NDArray[np.float64]
DRAWS = 3  # of a picture: top, left, mirrored


class Crops(NamedTuple):
    """Stored pictures and the squares to cut out of them; it travels to the device as it is.

    Where to cut stays in numpy: a worker hands over few tensors faster, and nothing has to come back from a device.

    Args:
        pictures: ``(batch, 3, stored, stored)`` uint8.
        corners: ``(batch, 2)`` top and left of each square.
        mirrored: ``(batch,)`` whether each square is flipped.
        size: side of the squares, at most ``stored``.
    """

    pictures: Tensor
    corners: NDArray[np.int64]
    mirrored: NDArray[np.bool_]
    size: int


def draw_crops(pictures: Tensor, size: int, chance: Chances, flip: float = 0.5) -> Crops:
    """Choose a square in every picture and which of them to mirror, as all protocols of the talk do.

    Args:
        pictures: ``(batch, 3, stored, stored)`` uint8.
        size: side of the squares, at most ``stored``.
        chance: ``(batch, 3)`` uniform in [0, 1): where each square's top and left lie, and whether it is mirrored.
        flip: probability of a horizontal flip, in [0, 1].
    """
    places = pictures.shape[-1] - size + 1
    corners = (chance[:, :2] * places).astype(np.int64)
    return Crops(pictures, corners, chance[:, 2] < flip, size)


def cut(crops: Crops) -> Tensor:
    """Cut the squares out, on the device of the pictures.

    Returns:
        ``(batch, 3, size, size)`` uint8.
    """
    pictures, size = crops.pictures, crops.size
    squares = torch.empty((*pictures.shape[:2], size, size), dtype=pictures.dtype, device=pictures.device)
    drawn = zip(crops.corners.tolist(), crops.mirrored.tolist(), strict=True)
    if pictures.device.type == "cpu":  # through numpy: torch would open a parallel region for every little copy
        stored, out = pictures.numpy(), squares.numpy()
        for index, ((top, left), mirrored) in enumerate(drawn):
            square = stored[index, :, top : top + size, left : left + size]
            out[index] = square[..., ::-1] if mirrored else square
        return squares
    for index, ((top, left), mirrored) in enumerate(drawn):
        window = pictures[index, :, top : top + size, left : left + size]
        squares[index] = window.flip(-1) if mirrored else window
    return squares


def cut_all(batch: Any) -> Any:
    """Cut every `Crops` in a batch, however deep in tuples, lists and dictionaries it lies."""
    if isinstance(batch, Crops):
        return cut(batch)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(cut_all(part) for part in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(cut_all(part) for part in batch)
    if isinstance(batch, dict):
        return {name: cut_all(part) for name, part in batch.items()}
    return batch
