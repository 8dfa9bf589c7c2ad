"""Keep what was read of images, by their content, in one file that survives interruptions and renames."""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import stat
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.errors import UserError

log = logging.getLogger(__name__)

SCHEMA = """
drop table if exists photos; -- of versions that kept what one model saw
create table if not exists paths (path blob primary key, bytes integer, mtime integer, digest text);
create table if not exists images (digest text primary key, width integer, height integer, thumbnail blob);
create table if not exists features (digest text, network text, features blob, score real,
                                     primary key (digest, network)) without rowid;
create table if not exists taken (digest text primary key, seconds real) without rowid;
"""
AT_ONCE = 500  # images that are asked for in one question


@dataclass(frozen=True)
class NetworkView:
    """What one network saw in one image.

    Args:
        values: ``(features,)`` float16.
        score: for everybody, in [0, 1]; None where the network has none.
    """

    values: NDArray[np.float16]
    score: float | None


@dataclass(frozen=True)
class KeptImage:
    """What is kept of one image.

    Args:
        digest: SHA-256 of the file.
        width: in pixels, upright.
        height: likewise.
        thumbnail: a small JPEG.
        views: by the networks' keys, see `PhotoNetworks.keys`.
    """

    digest: str
    width: int
    height: int
    thumbnail: bytes
    views: Mapping[str, NetworkView]


class Store:
    """A SQLite file; several threads and processes may use it at once.

    An image is known by its content, so that a moved or renamed one is not read again; that content is looked
    for only where a file's size or time has changed. What each network saw is kept by the network, so that models share
    what they have in common and a network more computes its own features alone.

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
            UserError: it is a pipe or a device, whose end would never come.
        """
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UserError(f"{path}: this is no plain file; replace or remove it.")
        # as bytes: names need not be text in any encoding
        name, state = os.fsencode(path.resolve()), (found.st_size, found.st_mtime_ns)
        with self._lock:
            known = self._base.execute("select bytes, mtime, digest from paths where path = ?", (name,)).fetchone()
        if known is not None and (known[0], known[1]) == state:
            return str(known[2])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with self._lock:
            self._base.execute("insert or replace into paths values (?, ?, ?, ?)", (name, *state, digest))
        return digest

    def lacks(self, digest: str, networks: Sequence[str]) -> list[int]:
        """Return which networks have not seen an image, by their places in the list."""
        with self._lock:
            rows = self._base.execute("select network from features where digest = ?", (digest,)).fetchall()
        known = {str(network) for (network,) in rows}
        return [place for place, network in enumerate(networks) if network not in known]

    def keep(self, images: Iterable[KeptImage]) -> None:
        """Keep what was read, all or nothing."""
        images = list(images)
        lines = [(one.digest, one.width, one.height, one.thumbnail) for one in images]
        views = [
            (one.digest, network, view.values.astype(np.float16).tobytes(), view.score)
            for one in images
            for network, view in one.views.items()
        ]
        with self._lock, self._base:
            self._base.execute("begin")
            self._base.executemany("insert or replace into images values (?, ?, ?, ?)", lines)
            self._base.executemany("insert or replace into features values (?, ?, ?, ?)", views)
            self._base.execute("commit")

    def kept(self, digest: str) -> KeptImage | None:
        """Return all that is kept of an image; None where it is not known."""
        with self._lock:
            image = self._base.execute("select * from images where digest = ?", (digest,)).fetchone()
            views = self._base.execute("select network, features, score from features where digest = ?", (digest,))
            found = {str(name): NetworkView(np.frombuffer(seen, np.float16), score) for name, seen, score in views}
        return None if image is None else KeptImage(image[0], image[1], image[2], image[3] or b"", found)

    def take_in(self, other: Path) -> None:
        """Keep what another such file keeps, too; one that is damaged or of an earlier form adds nothing."""
        with self._lock:
            self._base.execute("attach database ? as other", (str(other),))
            try:
                for table in ("images", "features"):
                    self._base.execute(f"insert or ignore into {table} select * from other.{table}")
            except sqlite3.Error as error:
                log.warning("%s: what was read of photographs cannot be taken over (%s).", other, error)
            finally:
                self._base.execute("detach database other")

    def seen_by(self, digests: Sequence[str], networks: Sequence[str]) -> list[str]:
        """Return those images that all of these networks have seen, in their order."""
        question = "select digest from features where digest in ({}) and network = ?"
        seen = [{digest for (digest,) in self._ask(question, digests, network)} for network in networks]
        return [digest for digest in digests if all(digest in known for known in seen)]

    def keep_taken(self, taken: Mapping[str, float | None]) -> None:
        """Keep when images were taken, by digest; None where nothing says so."""
        with self._lock, self._base:
            self._base.execute("begin")
            self._base.executemany("insert or replace into taken values (?, ?)", list(taken.items()))
            self._base.execute("commit")

    def taken(self, digests: Sequence[str]) -> dict[str, float | None]:
        """Return when images were taken, of those of which it was looked for."""
        question = "select digest, seconds from taken where digest in ({})"
        return {digest: seconds for digest, seconds in self._ask(question, digests)}

    def sizes(self, digests: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Return width and height of those images that are known."""
        question = "select digest, width, height from images where digest in ({})"
        return {digest: (width, height) for digest, width, height in self._ask(question, digests)}

    def features(self, digests: Sequence[str], network: str, length: int) -> tuple[Tensor, Tensor | None]:
        """Return what a network saw in images, all of which it must have seen.

        Args:
            digests: of the images.
            network: its key.
            length: how many features it has.

        Returns:
            ``(images, length)`` float16, and ``(images,)`` its scores, or None.
        """
        values = torch.empty(len(digests), length, dtype=torch.float16)
        scores = torch.zeros(len(digests))
        places: dict[str, list[int]] = {}
        for place, digest in enumerate(digests):
            places.setdefault(digest, []).append(place)
        scored = bool(digests)
        question = "select digest, features, score from features where digest in ({}) and network = ?"
        for digest, content, score in self._ask(question, list(places), network):
            own = places[digest]
            values[own] = torch.from_numpy(np.frombuffer(content, dtype=np.float16).copy())
            scores[own] = score or 0.0
            scored = scored and score is not None
        return values, scores if scored else None

    def _ask(self, question: str, digests: Sequence[str], *further: str) -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(digests), AT_ONCE):
            some = list(digests[start : start + AT_ONCE])
            places = ",".join("?" * len(some))
            with self._lock:
                found += self._base.execute(question.format(places), [*some, *further]).fetchall()
        return found

    def thumbnail(self, digest: str) -> bytes | None:
        """Return the small JPEG of an image; None where it is not known."""
        with self._lock:
            row = self._base.execute("select thumbnail from images where digest = ?", (digest,)).fetchone()
        return None if row is None else bytes(row[0])
