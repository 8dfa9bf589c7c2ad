"""Images that somebody hands over in Python: paths, PIL images, arrays or tensors."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PILImage
from torch import Tensor

from piaa_lightning.data.images.decode import Pixels, Resize, decode, squash
from piaa_lightning.errors import ArgumentError, ArgumentNotFoundError, ArgumentTypeError

Image: TypeAlias = str | PathLike[str] | PILImage.Image | NDArray[np.uint8] | Tensor


def squares_of(images: Iterable[Image], size: int, resize: Resize = "bilinear") -> Tensor:
    """Squash images of any kind to the squares that a network sees.

    Args:
        images: each a path, a PIL image, a uint8 array ``(height, width, 3)`` or a uint8 tensor ``(3, height, width)``;
            images of several kinds may stand side by side.
        size: side of the squares in pixels.
        resize: how to squash, see `decode.squash`.

    Returns:
        ``(images, 3, size, size)`` uint8, 0..255.

    Raises:
        ArgumentError: there is no image, or an array has another shape or another type.
        ArgumentTypeError: something is no image.
        ArgumentNotFoundError: a path leads nowhere.

    Example:
        >>> squares_of([np.zeros((4, 6, 3), np.uint8), torch.zeros(3, 5, 5, dtype=torch.uint8)], size=2).shape
        torch.Size([2, 3, 2, 2])
    """
    if isinstance(images, str | PathLike | PILImage.Image):
        raise ArgumentTypeError("images", "give a list of images, also where there is one.")
    squares = [squash(_pixels(image, f"images[{place}]"), size, resize) for place, image in enumerate(images)]
    if not squares:
        raise ArgumentError("images", "there is none; give one image or more.")
    return torch.from_numpy(np.stack(squares))


def _pixels(image: Any, argument: str) -> Pixels:
    """Return ``(height, width, 3)``."""
    if isinstance(image, str | PathLike):
        path = Path(image).expanduser()
        if not path.is_file():
            raise ArgumentNotFoundError(argument, "there is no such file; correct the path.", path)
        return decode(path)
    if isinstance(image, PILImage.Image):
        return np.array(image.convert("RGB"))
    if isinstance(image, Tensor):
        if image.dtype != torch.uint8 or image.ndim != 3 or image.shape[0] != 3:
            raise ArgumentError(argument, f"{_told(image)}; give uint8 of the shape (3, height, width).")
        return image.detach().cpu().permute(1, 2, 0).contiguous().numpy()
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ArgumentError(argument, f"{_told(image)}; give uint8 of the shape (height, width, 3).")
        return image
    raise ArgumentTypeError(argument, f"a {type(image).__name__} is no image; give a path, PIL image, array or tensor.")


def _told(image: Tensor | NDArray[Any]) -> str:
    kind = str(image.dtype).removeprefix("torch.")
    return f"its values are {kind} and its shape is {tuple(image.shape)}"
