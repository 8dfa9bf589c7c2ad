"""Images as they lie on disk, decoded whenever they are asked for: for those who have no room for a cache."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from piaa_lightning.data.images.augment import Squares, copy_squares
from piaa_lightning.data.images.decode import Pixels, Resize, check_resize, decode, squash
from piaa_lightning.data.images.stored import Images, describe, name_of


class RawImages:
    """All images of a database at one size, numbered as the list of files is; the same pixels as `Images` holds.

    NOTE: what is unreadable is found when it is asked for, and stops the run; ``mode=check`` finds it before.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of the images; the order gives each its number.
        size: side of the squares in pixels.
        resize: how to squash, see ``images.squash``.
    """

    def __init__(self, root: Path, files: Sequence[str], size: int, resize: Resize = "bilinear") -> None:
        check_resize(resize)
        self.root = root
        self.files = list(files)
        self.size = size
        self.resize: Resize = resize
        self.broken: dict[int, str] = {}
        self.key = name_of(describe(root, self.files), resize, size)

    def __len__(self) -> int:
        return len(self.files)

    def batch(self, indices: NDArray[np.int64] | torch.Tensor) -> torch.Tensor:
        """Decode images in the order asked for.

        Args:
            indices: ``(n,)`` int64, each in [0, number of images).

        Returns:
            ``(n, 3, size, size)`` uint8, 0..255.

        Raises:
            UserError: one of them cannot be read.
        """
        out = np.empty((len(indices), 3, self.size, self.size), dtype=np.uint8)
        for room, image in zip(out, self._decoded(indices), strict=True):
            room[...] = image
        return torch.from_numpy(out)

    def squares(self, indices: NDArray[np.int64] | torch.Tensor, squares: Squares) -> torch.Tensor:
        """Decode images and cut a square out of each.

        Args:
            indices: ``(n,)`` int64, each in [0, number of images).
            squares: what to cut out of each.

        Returns:
            ``(n, 3, squares.size, squares.size)`` uint8, 0..255.

        Raises:
            UserError: one of them cannot be read.
        """
        out = np.empty((len(indices), 3, squares.size, squares.size), dtype=np.uint8)
        copy_squares(self._decoded(indices), squares, out)
        return torch.from_numpy(out)

    def _decoded(self, indices: NDArray[np.int64] | torch.Tensor) -> Iterator[Pixels]:
        for index in np.asarray(indices).tolist():
            yield squash(decode(self.root / self.files[index]), self.size, self.resize)


AnyImages = Images | RawImages
