"""Reading images: each decoded once, seen by the networks that have not seen it, and kept with a thumbnail."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from PIL import Image

from piaa_lightning.data.images.decode import Pixels
from piaa_lightning.data.images.formats import MAX_PIXELS
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.networks import PhotoNetworks, Squares, mean_score
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.store import KeptImage, NetworkView, Store
from piaa_lightning.photos.images.taken import taken_at
from piaa_lightning.runtime.cores import cores
from piaa_lightning.runtime.read_ahead import read_ahead

log = logging.getLogger(__name__)

BATCH = 16
THUMBNAIL = 400  # longer side in pixels
FINER = 2  # a JPEG is decoded at no less than so many times a network's input: the filter then hides how it was read


@dataclass
class Shelf:
    """Images that were read, in the order of their files.

    Args:
        files: paths as they were given.
        digests: of their content; two files may have the same.
        sizes: ``(images, 2)`` width and height.
        seen: what the networks saw in them, float16.
        skipped: why a file could not be read, by its path.
    """

    files: list[str]
    digests: list[str]
    sizes: list[tuple[int, int]]
    seen: PhotoFeatures
    skipped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, features: int) -> Shelf:
        """Return one without images."""
        return cls([], [], [], PhotoFeatures.nothing(features))

    @cached_property
    def statistics(self) -> FolderStatistics:
        """Statistics of what the networks saw; of a shelf that does not change any more."""
        return FolderStatistics.of(self.seen)

    @cached_property
    def alike(self) -> dict[bytes, list[int]]:
        """Numbers of the images by what the networks saw, see `looks`: copies have the same, whatever they are called.

        Of a shelf that does not change any more.
        """
        numbers: dict[bytes, list[int]] = {}
        for number, look in enumerate(looks(self.seen)):
            numbers.setdefault(look, []).append(number)
        return numbers


def looks(seen: PhotoFeatures) -> list[bytes]:
    """Return a short name of what was seen in each image: the same, to the last bit, for the same pixels."""
    return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in seen.values.half().numpy()]


@dataclass(frozen=True)
class _Read:
    file: str
    digest: str
    photo: tuple[Squares, int, int, bytes] | None = None  # None: seen by all networks already
    lacking: tuple[int, ...] = ()
    skipped: str = ""
    taken: tuple[float | None] | None = None  # when, where that was looked for


def read_photos(
    networks: PhotoNetworks, store: Store, root: Path, files: Sequence[str], max_pixels: int = MAX_PIXELS
) -> Iterator[tuple[str, str, str]]:
    """Read images, a few ahead of the networks; what was read before is passed over quickly.

    NOTE: a large JPEG is decoded at an eighth of its size as long as that is twice as large as the networks' input.

    Args:
        networks: look at them.
        store: keeps what they saw; an interrupted reading goes on where it stopped.
        root: the directory that ``files`` are relative to.
        files: paths.
        max_pixels: the largest width times height that is read.

    Yields:
        For each file, in order, its path, its digest, and why it was skipped; the first time it is seen its features
        are in the store by then.
    """
    waiting: list[_Read] = []
    opened = read_ahead(lambda file: _open(networks, store, root, file, max_pixels), files, ahead=2 * cores() + BATCH)
    with closing(opened):  # nobody wants the rest of what is not taken
        for read in opened:
            waiting.append(read)
            if sum(one.photo is not None for one in waiting) >= BATCH or len(waiting) >= 256:
                yield from _look(networks, store, waiting)
                waiting = []
    yield from _look(networks, store, waiting)


def shelf_of(networks: PhotoNetworks, store: Store, read: Sequence[tuple[str, str, str]]) -> Shelf:
    """Gather what was read; see `read_photos`."""
    there = [(file, digest) for file, digest, reason in read if not reason]
    digests = [digest for _, digest in there]
    sizes = store.sizes(digests)
    parts = [store.features(digests, key, count) for key, count in zip(networks.keys, networks.blocks, strict=True)]
    score = mean_score([score for _, score in parts], len(there))
    return Shelf(
        [file for file, _ in there],
        digests,
        [sizes[digest] for digest in digests],
        PhotoFeatures(torch.cat([values for values, _ in parts], dim=1), score),
        {file: reason for file, _, reason in read if reason},
    )


def _open(networks: PhotoNetworks, store: Store, root: Path, file: str, max_pixels: int) -> _Read:
    path = root / file
    digest = ""
    try:
        digest = store.digest_of(path)
        lacking = store.lacks(digest, networks.keys)
        taken = None if digest in store.taken([digest]) else (taken_at(path),)
        if not lacking:
            return _Read(file, digest, taken=taken)
        photo = open_photo(path, max(FINER * networks.size, THUMBNAIL * 3 // 4), max_pixels)
        read = (networks.squares(photo.pixels), photo.width, photo.height, thumbnail(photo.pixels))
    except UserError as error:
        return _Read(file, digest, skipped=str(error).removeprefix(f"{path}: "))
    except OSError as error:
        return _Read(file, digest, skipped=f"cannot be read ({error.strerror or error}).")
    except Exception as error:  # a fault of ours, or of a library: one file must not take the others with it
        log.exception("%s could not be read", ascii(file))
        return _Read(file, digest, skipped=f"cannot be read ({type(error).__name__}).")
    return _Read(file, digest, read, tuple(lacking), taken=taken)


def _look(networks: PhotoNetworks, store: Store, waiting: Sequence[_Read]) -> list[tuple[str, str, str]]:
    """Let networks look at what is new to them, and keep it."""
    new = {one.digest: one for one in waiting if one.photo is not None}
    for lacking in sorted({one.lacking for one in new.values()}):
        some = [one for one in new.values() if one.lacking == lacking]
        views: list[dict[str, NetworkView]] = [{} for _ in some]
        found = networks.look([one.photo[0] for one in some if one.photo is not None], lacking)
        for number, (values, scores) in zip(lacking, found, strict=True):
            for place, row in enumerate(values.half().numpy()):
                score = None if scores is None else float(scores[place])
                views[place][networks.keys[number]] = NetworkView(row, score)
        store.keep(
            KeptImage(one.digest, *one.photo[1:], own)
            for one, own in zip(some, views, strict=True)
            if one.photo is not None
        )
    if times := {one.digest: one.taken[0] for one in waiting if one.taken is not None}:
        store.keep_taken(times)
    return [(one.file, one.digest, one.skipped) for one in waiting]


def thumbnail(pixels: Pixels, side: int = THUMBNAIL) -> bytes:
    """Return a small JPEG of an image."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "jpeg", quality=82)
    return file.getvalue()
