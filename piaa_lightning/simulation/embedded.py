"""The embedded copy of a database: written on first use, found again afterwards."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.locks import lock
from piaa_lightning.simulation import aadb, ava, eva, flickr_aes, lapis, para, psychoflickr, real_cur

VERSION = 5  # raise it whenever the same seed gives other data
SIZES = ("tiny", "demo", "full")


@dataclass(frozen=True)
class Writer:
    """How one database is written.

    Args:
        write: writes it below an empty directory: ``write(root, size, seed)``.
        images: number of images and their longer side at a size.
    """

    write: Callable[[Path, str, int], None]
    images: Callable[[str], tuple[int, int]]


WRITERS = {
    "aadb": Writer(aadb.write, aadb.images),
    "ava": Writer(ava.write, ava.images),
    "eva": Writer(eva.write, eva.images),
    "flickr_aes": Writer(flickr_aes.write, flickr_aes.images),
    "lapis": Writer(lapis.write, lapis.images),
    "para": Writer(para.write, para.images),
    "psychoflickr": Writer(psychoflickr.write, psychoflickr.images),
    "real_cur": Writer(real_cur.write, real_cur.images),
}


def ensure(database: str, size: str, cache: Path, seed: int = 0) -> Path:
    """Return the directory of the embedded copy of a database, and write it first where it is not there.

    A directory of that name is always complete: it is written under another name beside it and renamed at the end.

    Args:
        database: a key of ``WRITERS``.
        size: ``tiny`` (for tests), ``demo`` or ``full`` (the published counts).
        cache: directory for everything that can be made again.
        seed: of images and users, >= 0.

    Raises:
        UserError: an unknown database or size, a negative seed, a full disk, a directory that may not be written.
    """
    if database not in WRITERS:
        raise UserError(f"There is no embedded copy of {database}; choose one of {', '.join(sorted(WRITERS))}.")
    if size not in SIZES:
        raise UserError(f"There is no size {size} of an embedded database; set data.size to {', '.join(SIZES)}.")
    if seed < 0:
        raise UserError(f"The embedded database's seed is {seed}; choose a whole number from 0.")
    root = Path(cache) / "embedded" / f"{database}-{size}-seed{seed}-v{VERSION}"
    if root.is_dir():
        return root
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with _lock(root.parent / f".{root.name}.lock"):
            if not root.is_dir():  # another process may have written it while this one waited
                _write(WRITERS[database], size, seed, root)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"The disk is full while writing {root}; free some space or set the cache directory elsewhere."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise UserError(
                f"{root.parent} cannot be written ({error.strerror}); set the cache directory to one that can."
            ) from error
        raise
    return root


def bytes_needed(database: str, size: str) -> int:
    """Rough upper estimate of the space an embedded database takes.

    Measured: a JPEG of quality 90 takes about .35 bytes a pixel here, and no file less than a block of 4096 bytes;
    labels take well under half of what the smallest images take.
    """
    count, long_side = WRITERS[database].images(size)
    return count * (4096 + long_side * long_side // 2)


def _write(writer: Writer, size: str, seed: int, root: Path) -> None:
    """Write beside ``root`` and rename; the caller holds the lock, so leftovers of killed runs can go first."""
    prefix = f".{root.name}.part-"
    for leftover in root.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    needed, free = bytes_needed(root.name.split("-")[0], size), shutil.disk_usage(root.parent).free
    if free < needed:
        raise UserError(
            f"{root} needs about {needed / 1e6:.0f} MB and its disk has {free / 1e6:.0f} MB left; free some space,"
            " set the cache directory elsewhere or choose a smaller data.size."
        )
    part = root.parent / f"{prefix}{os.getpid()}"
    try:
        part.mkdir()
        writer.write(part, size, seed)
        os.rename(part, root)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock that vanishes with the process."""
    with path.open("a") as file:
        lock(file)
        yield
