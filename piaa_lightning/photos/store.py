"""What was read of images, kept by their content in one file that survives interruptions and renames."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError

SCHEMA = """
create table if not exists files (path text primary key, bytes integer, mtime integer, digest text);
create table if not exists photos (digest text primary key, width integer, height integer, seen blob, thumbnail blob);
"""


@dataclass(frozen=True)
class Seen:
    """What is kept of one image.

    Args:
        digest: SHA-256 of the file.
        width: in pixels, upright.
        height: likewise.
        values: ``(1 + components,)`` float32, see `Users.rows`.
        thumbnail: a small JPEG.
    """

    digest: str
    width: int
    height: int
    values: NDArray[np.float32]
    thumbnail: bytes


class Store:
    """A SQLite file; several threads and processes may use it at once.

    An image is known by its content, so that a moved or renamed one is not read again; that content is looked
    for only where a file's size or time has changed.

    Args:
        file: where it lies; it is made.

    Raises:
        UserError: it cannot be written, or is no such file.
    """

    def __init__(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(file, check_same_thread=False, timeout=60, isolation_level=None)
            self._base.execute("pragma journal_mode=wal")
            self._base.execute("pragma synchronous=normal")
            self._base.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise UserError(
                f"{file}: what is read of photographs cannot be kept there ({error}); free some space, remove the"
                " file, or name another directory with paths.cache=DIR."
            ) from error
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def digest_of(self, path: Path) -> str:
        """Return the SHA-256 of a file, read only if it changed since it was last asked for.

        Raises:
            OSError: the file cannot be read.
        """
        stat = path.stat()
        name, state = _name(path.resolve()), (stat.st_size, stat.st_mtime_ns)
        with self._lock:
            known = self._base.execute("select bytes, mtime, digest from files where path = ?", (name,)).fetchone()
        if known is not None and (known[0], known[1]) == state:
            return str(known[2])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:
            self._base.execute("insert or replace into files values (?, ?, ?, ?)", (name, *state, digest))
        return digest

    def knows(self, digest: str) -> bool:
        """Say whether an image has been read."""
        with self._lock:
            return self._base.execute("select 1 from photos where digest = ?", (digest,)).fetchone() is not None

    def keep(self, photos: Iterable[Seen]) -> None:
        """Keep what was read, all or nothing."""
        lines = [(seen.digest, seen.width, seen.height, seen.values.tobytes(), seen.thumbnail) for seen in photos]
        with self._lock, self._base:
            self._base.execute("begin")
            self._base.executemany("insert or replace into photos values (?, ?, ?, ?, ?)", lines)
            self._base.execute("commit")

    def get(self, digests: Sequence[str]) -> dict[str, tuple[int, int, NDArray[np.float32]]]:
        """Return width, height and values of those that are known, without their thumbnails."""
        found: dict[str, tuple[int, int, NDArray[np.float32]]] = {}
        with self._lock:
            for start in range(0, len(digests), 500):
                some = list(digests[start : start + 500])
                places = ",".join("?" * len(some))
                question = f"select digest, width, height, seen from photos where digest in ({places})"
                for digest, width, height, seen in self._base.execute(question, some):
                    found[digest] = (width, height, np.frombuffer(seen, dtype=np.float32))
        return found

    def thumbnail(self, digest: str) -> bytes | None:
        """Return the small JPEG of an image; None where it is not known."""
        with self._lock:
            row = self._base.execute("select thumbnail from photos where digest = ?", (digest,)).fetchone()
        return None if row is None else bytes(row[0])


def _name(path: Path) -> str | bytes:
    """Return a path as SQLite can keep it: names that are not UTF-8 as their bytes."""
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return name
