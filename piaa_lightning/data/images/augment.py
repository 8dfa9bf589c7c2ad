"""Random crops and flips of stored images: drawn where a batch is fetched, cut there or where the network is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.images.decode import Pixels
from piaa_lightning.errors import UserError

Chances = NDArray[np.float64]
DRAWS = 3  # of an image: top, left, mirrored
PATCH_DRAWS = 2  # of each patch of an image: top, left
FIXED = ((0.5, 0.5), (0, 0), (0, 1), (1, 0), (1, 1), (0, 0.5), (0.5, 0), (0.5, 1), (1, 0.5))


class Squares(NamedTuple):
    """Where to cut a batch of images, and which squares to flip.

    It stays in numpy: a worker hands over few tensors faster, and nothing has to come back from a device.

    Args:
        corners: ``(batch, 2)`` top and left of each square.
        mirrored: ``(batch,)`` whether each square is flipped.
        size: side of the squares in pixels.
    """

    corners: NDArray[np.int64]
    mirrored: NDArray[np.bool_]
    size: int


class Crops(NamedTuple):
    """Stored images and the squares to cut out of them; it travels to the device as it is.

    Args:
        images: ``(batch, 3, stored, stored)`` uint8.
        squares: one in each image.
    """

    images: Tensor
    squares: Squares


class Views(NamedTuple):
    """An image and patches of it, cut out of the image at a larger size; it travels to the device as it is.

    Args:
        whole: squares as training without patches gets them.
        images: ``(batch, 3, larger, larger)`` uint8.
        patches: where to cut, one for each patch of an image.
    """

    whole: Crops
    images: Tensor
    patches: tuple[Squares, ...]


def draw_squares(stored: int, size: int, chance: Chances, flip: float = 0.5) -> Squares:
    """Choose a square in every image and which of them to mirror, as all protocols of the talk do.

    Args:
        stored: side of the images in pixels.
        size: side of the squares, at most ``stored``.
        chance: ``(batch, 3)`` uniform in [0, 1): where each square's top and left lie, and whether it is mirrored.
        flip: probability of a horizontal flip, in [0, 1].
    """
    corners = (chance[:, :2] * (stored - size + 1)).astype(np.int64)
    return Squares(corners, chance[:, 2] < flip, size)


def cut(crops: Crops) -> Tensor:
    """Cut the squares out, on the device of the images.

    Returns:
        ``(batch, 3, size, size)`` uint8.
    """
    images, squares = crops
    out = torch.empty((*images.shape[:2], squares.size, squares.size), dtype=images.dtype, device=images.device)
    for index, ((rows, columns), mirrored) in enumerate(_each(squares)):
        window = images[index, :, rows, columns]
        out[index] = window.flip(-1) if mirrored else window
    return out


def copy_squares(images: Iterable[Pixels], squares: Squares, out: Pixels) -> None:
    """Cut while gathering: nothing but the squares' own pixels is read or written.

    Args:
        images: ``batch`` of them, ``(3, stored, stored)`` each, wherever they lie.
        squares: one in each image.
        out: ``(batch, 3, size, size)``, which is filled.
    """
    for image, room, ((rows, columns), mirrored) in zip(images, out, _each(squares), strict=True):
        window = image[:, rows, columns]
        room[...] = window[..., ::-1] if mirrored else window


def patch_squares(
    stored: int, size: int, places: NDArray[np.float64], mirrored: NDArray[np.bool_]
) -> tuple[Squares, ...]:
    """Say where patches lie.

    Args:
        stored: side of the images in pixels.
        size: side of the patches, at most ``stored``.
        places: ``(batch, 2 * patches)`` in [0, 1): how far down and how far right the first patch lies, then the next.
        mirrored: ``(batch,)`` whether an image's patches are flipped, as it is itself.

    Returns:
        One for each patch of an image.
    """
    corners = (places.reshape(len(places), -1, 2) * (stored - size + 1)).astype(np.int64)
    return tuple(Squares(corners[:, number], mirrored, size) for number in range(corners.shape[1]))


def fixed_places(patches: int) -> NDArray[np.float64]:
    """Return where patches lie where nothing is drawn: the centre, the four corners, the middles of the four sides.

    Args:
        patches: at most 9.

    Returns:
        ``(2 * patches,)`` in [0, 1).

    Raises:
        UserError: more than nine.
    """
    if patches > len(FIXED):
        raise UserError(f"patches={patches}: at most {len(FIXED)} have a place of their own; ask for fewer.")
    return np.minimum(np.array(FIXED[:patches], dtype=np.float64).ravel(), 1 - 2**-53)


def _each(squares: Squares) -> Iterator[tuple[tuple[slice, slice], bool]]:
    """Return rows and columns of each square, and whether it is flipped."""
    for (top, left), mirrored in zip(squares.corners.tolist(), squares.mirrored.tolist(), strict=True):
        yield (slice(top, top + squares.size), slice(left, left + squares.size)), mirrored


def cut_all(batch: Any) -> Any:
    """Cut all `Crops` and `Views` in a batch, however deep in tuples, lists and dictionaries it lies."""
    if isinstance(batch, Crops):
        return cut(batch)
    if isinstance(batch, Views):
        patches = [cut(Crops(batch.images, squares)) for squares in batch.patches]
        return torch.stack([cut(batch.whole), *patches], dim=1)
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(cut_all(part) for part in batch))
    if isinstance(batch, list | tuple):
        return type(batch)(cut_all(part) for part in batch)
    if isinstance(batch, dict):
        return {name: cut_all(part) for name, part in batch.items()}
    return batch
