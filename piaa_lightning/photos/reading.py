"""Reading images: each decoded once, seen by the prior's network, and kept with a thumbnail."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from piaa_lightning.data.images.decode import MAX_PIXELS, Pixels, squash
from piaa_lightning.errors import UserError
from piaa_lightning.photos.opening import open_photo
from piaa_lightning.photos.published_model import PublishedModel
from piaa_lightning.photos.store import Seen, Store
from piaa_lightning.runtime.cores import cores

BATCH = 16
THUMBNAIL = 400  # longer side in pixels


@dataclass
class Shelf:
    """Images that were read, in the order of their files.

    Args:
        files: paths as they were given.
        digests: of their content; two files may have the same.
        sizes: ``(images, 2)`` width and height.
        rows: ``(images, 1 + components)`` float32, see `Users.rows`.
        skipped: why a file could not be read, by its path.
    """

    files: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    rows: Tensor = field(default_factory=lambda: torch.empty(0, 0))
    skipped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Read:
    file: str
    digest: str
    photo: tuple[Pixels, int, int, bytes] | None = None  # None: known already
    skipped: str = ""


def read_photos(
    prior: PublishedModel, store: Store, root: Path, files: Sequence[str], max_pixels: int = MAX_PIXELS
) -> Iterator[tuple[str, str, str]]:
    """Read images, a few ahead of the network; what was read before is passed over quickly.

    NOTE: a large JPEG is decoded at an eighth of its size as long as that is larger than the network's input.

    Args:
        prior: looks at them.
        store: keeps what it saw; an interrupted reading goes on where it stopped.
        root: the directory that ``files`` are relative to.
        files: paths.
        max_pixels: the largest width times height that is read.

    Yields:
        For each file, in order, its path, its digest, and why it was skipped; the first time it is seen its values
        are in the store by then.
    """
    waiting: list[_Read] = []
    for read in _opened(prior, store, root, files, max_pixels):
        waiting.append(read)
        if sum(one.photo is not None for one in waiting) >= BATCH or len(waiting) >= 256:
            yield from _look(prior, store, waiting)
            waiting = []
    yield from _look(prior, store, waiting)


def shelf_of(store: Store, read: Sequence[tuple[str, str, str]]) -> Shelf:
    """Gather what was read; see `read_photos`."""
    known = store.get([digest for _, digest, reason in read if not reason])
    there = [(file, digest) for file, digest, reason in read if not reason]
    values = [known[digest][2] for _, digest in there]
    return Shelf(
        [file for file, _ in there],
        [digest for _, digest in there],
        [known[digest][:2] for _, digest in there],
        torch.from_numpy(np.stack(values)) if values else torch.empty(0, 0),
        {file: reason for file, _, reason in read if reason},
    )


def _opened(prior: PublishedModel, store: Store, root: Path, files: Sequence[str], max_pixels: int) -> Iterator[_Read]:
    """Decode in parallel; threads, because Pillow lets go of the interpreter while it works."""
    ahead: deque[Future[_Read]] = deque()
    workers = cores()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for file in files:
                ahead.append(pool.submit(_open, prior, store, root, file, max_pixels))
                if len(ahead) > 2 * workers + BATCH:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:  # nobody wants the rest
                waiting.cancel()


def _open(prior: PublishedModel, store: Store, root: Path, file: str, max_pixels: int) -> _Read:
    path = root / file
    digest = ""
    try:
        digest = store.digest_of(path)
        if store.knows(digest):
            return _Read(file, digest)
        size = prior.network.size
        photo = open_photo(path, max(size, THUMBNAIL * 3 // 4), max_pixels)
    except UserError as error:
        return _Read(file, digest, skipped=str(error).removeprefix(f"{path}: "))
    except OSError as error:
        return _Read(file, digest, skipped=f"cannot be read ({error.strerror or error}).")
    square = squash(photo.pixels, size, prior.config["resize"])
    return _Read(file, digest, (square, photo.width, photo.height, thumbnail(photo.pixels)))


def _look(prior: PublishedModel, store: Store, waiting: Sequence[_Read]) -> list[tuple[str, str, str]]:
    """Let the network look at what is new, and keep it."""
    new = {one.digest: one.photo for one in waiting if one.photo is not None}
    if new:
        squares = torch.from_numpy(np.stack([photo[0] for photo in new.values()]))
        with torch.inference_mode():
            rows = prior.rows(squares).float().numpy()
        pairs = zip(new.items(), rows, strict=True)
        store.keep([Seen(digest, width, height, row, small) for (digest, (_, width, height, small)), row in pairs])
    return [(one.file, one.digest, one.skipped) for one in waiting]


def thumbnail(pixels: Pixels, side: int = THUMBNAIL) -> bytes:
    """Return a small JPEG of an image."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "jpeg", quality=82)
    return file.getvalue()
