"""Cache directories that are either finished or not there: built under a lock, kept while in use, removed by age."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.locks import lock, mark_in_use, try_lock, unused

log = logging.getLogger(__name__)

# A file of every finished directory: locked (shared) by whoever reads, touched to tell when that was.
IN_USE = "in_use"
BUILDING, REMOVING, LOCK = ".building", ".removing", ".lock"


def hold(directory: Path) -> int:
    """Mark a finished directory as in use, now and until the returned file descriptor is closed.

    Raises:
        OSError: there is no such directory, or it is being removed.
    """
    held = os.open(directory / IN_USE, os.O_RDONLY)
    try:
        mark_in_use(held)
        with suppress(PermissionError):  # somebody else's cache may be read-only
            os.utime(directory / IN_USE)
    except BaseException:
        os.close(held)
        raise
    return held


@contextmanager
def locked(home: Path, content: str) -> Iterator[Path]:
    """Hold the lock on building ``content``, which the system releases even if the process is killed.

    Args:
        home: the directory that all caches of a kind lie in; it is made.
        content: what is built, as a file name.

    Yields:
        A directory to build in, which does not exist yet and is removed in the end.
    """
    home.mkdir(parents=True, exist_ok=True)
    building = home / f"{content}{BUILDING}"
    with (home / f"{content}{LOCK}").open("ab") as file:
        if not try_lock(file):
            log.info("waiting for another process that builds the same cache (%s)", building)
            lock(file)
        shutil.rmtree(building, ignore_errors=True)  # left by a builder that was killed: the lock is ours
        try:
            yield building
        finally:
            shutil.rmtree(building, ignore_errors=True)


def finish(part: Path, directory: Path) -> None:
    """Give a built directory, whose files are safe on the disk, its name."""
    replace_file(part / IN_USE, b"")
    shutil.rmtree(directory, ignore_errors=True)  # only a damaged one can be in the way
    part.rename(directory)


def prune(home: Path, max_bytes: int) -> None:
    """Remove the directories used longest ago until the rest fits.

    Directories that a living process holds are kept, even above the bound.

    Args:
        home: the directory that all caches of a kind lie in.
        max_bytes: how much may stay.
    """
    remove_leftovers(home)
    sizes = {directory: _bytes_below(directory) for directory in _finished_oldest_first(home)}
    total = sum(sizes.values())
    for directory, size in sizes.items():
        if total <= max_bytes:
            return
        with suppress(OSError), unused(directory / IN_USE):  # an error: in use, or gone already
            removing = directory.with_suffix(REMOVING)
            directory.rename(removing)  # at once, so that nobody opens half of it
            total -= size
            shutil.rmtree(removing)


def remove_leftovers(home: Path) -> None:
    """Remove what killed processes left half built or half removed; whose lock is taken is alive."""
    for removing in home.glob(f"*{REMOVING}"):
        shutil.rmtree(removing, ignore_errors=True)
    for building in home.glob(f"*{BUILDING}"):
        with building.with_suffix(LOCK).open("ab") as file:
            if try_lock(file):
                shutil.rmtree(building, ignore_errors=True)


def _finished_oldest_first(home: Path) -> list[Path]:
    used: list[tuple[int, Path]] = []
    for file in home.glob(f"*/{IN_USE}"):
        with suppress(FileNotFoundError):  # another process prunes too
            used.append((file.stat().st_mtime_ns, file.parent))
    return [directory for _, directory in sorted(used) if directory.suffix not in (BUILDING, REMOVING)]


def _bytes_below(directory: Path) -> int:
    total = 0
    for file in directory.glob("*"):
        with suppress(FileNotFoundError):
            total += file.stat().st_size
    return total
