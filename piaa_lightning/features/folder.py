"""Whatever is measured of images, on a folder full of them."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from piaa_lightning.data.images.decode import decode
from piaa_lightning.errors import UserError
from piaa_lightning.features.planes import LONG_SIDE, Planes, shrink

Found = TypeVar("Found")
AHEAD = 8  # images per worker that may wait to be taken, so that results do not pile up


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
    workers = workers or os.cpu_count() or 1

    def one(file: str) -> Found | UserError:
        try:
            return measure(Planes(shrink(decode(root / file), long_side)))
        except UserError as error:
            return error

    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Found | UserError]] = deque()
        for file in files:
            waiting.append(pool.submit(one, file))
            if len(waiting) >= workers * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
