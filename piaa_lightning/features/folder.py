"""Measure all images of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from piaa_lightning.data.images.decode import decode
from piaa_lightning.errors import UserError
from piaa_lightning.features.planes import LONG_SIDE, Planes, shrink
from piaa_lightning.runtime.read_ahead import read_ahead

Found = TypeVar("Found")


def measured(
    root: Path,
    files: Sequence[str],
    measure: Callable[[Planes], Found],
    long_side: int = LONG_SIDE,
    workers: int | None = None,
) -> Iterator[Found | UserError]:
    """Read images and measure each, in the order of the files, several at a time.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of the images.
        measure: of one image.
        long_side: pixels that images are shrunk to, see `planes.shrink`.
        workers: threads; as many as there are cores by default.

    Yields:
        What was measured, or why the image could not be read.
    """

    def one(file: str) -> Found | UserError:
        try:
            return measure(Planes(shrink(decode(root / file), long_side)))
        except UserError as error:
            return error

    return read_ahead(one, files, workers)
