"""The journal of an evaluation: a run adds to it batch by batch, and a resumed run begins with it."""

from __future__ import annotations

import base64
import json
import logging
import os
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from piaa_lightning.data.ratings import Scores

log = logging.getLogger(__name__)

SYNC_SECONDS = 2.0  # what a dying machine may lose; a dying process loses nothing

Draws = tuple[int, ...]


class Journal:
    """Scores of one pass over users, kept by the numbers of the draws that were evaluated at once.

    A line is a checksum and what it is of, so that a line that was cut off when the process died, or that a disk
    spoilt, is known for what it is: it and all after it are written anew. The first line says what the scores are
    of; a file with another one is of no use and begins anew.

    Args:
        path: of the file; None keeps nothing.
        content: digest of everything that the scores depend on.
    """

    def __init__(self, path: Path | None, content: str) -> None:
        self.path = path
        self.content = content
        self.kept: dict[Draws, list[Scores]] = {}
        self._file: BinaryIO | None = None
        self._synced = 0.0

    def __enter__(self) -> Journal:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            good = self._read()
            self._file = self.path.open("ab")
            self._file.truncate(good)
            if not good:
                self._write({"content": self.content})
        return self

    def __exit__(self, *_error: object) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def add(self, draws: Draws, scores: Sequence[Scores]) -> None:
        """Keep the scores of draws that were evaluated at once, all of them or none."""
        if self._file is None:
            return
        arrays = [np.ascontiguousarray(own) for own in scores]
        told = [
            {"type": own.dtype.str, "shape": own.shape, "bytes": base64.b64encode(own.tobytes()).decode()}
            for own in arrays
        ]
        self._write({"draws": draws, "scores": told})

    def _write(self, what: object) -> None:
        assert self._file is not None
        text = json.dumps(what).encode()
        self._file.write(b"%08x %s\n" % (zlib.crc32(text), text))
        self._file.flush()
        now = time.monotonic()
        if now - self._synced > SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = now

    def _read(self) -> int:
        """Take up what is good, and return where it ends."""
        assert self.path is not None
        good = 0
        with suppress(FileNotFoundError), self.path.open("rb") as file:
            for number, line in enumerate(file):
                what = _checked(line)
                if what is None or (what != {"content": self.content} if number == 0 else "draws" not in what):
                    break
                if number:
                    self.kept[tuple(what["draws"])] = [_array(told) for told in what["scores"]]
                good += len(line)
        if self.kept:
            log.info("%s: %d batches were evaluated before, going on", self.path, len(self.kept))
        return good


def _checked(line: bytes) -> dict[str, Any] | None:
    """Return what a line says; None where it is not what was written."""
    digest, _, text = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or digest != b"%08x" % zlib.crc32(text):
        return None
    what: dict[str, Any] = json.loads(text)
    return what


def _array(told: dict[str, Any]) -> Scores:
    values: Scores = np.frombuffer(base64.b64decode(told["bytes"]), dtype=np.dtype(told["type"]))
    return values.reshape(told["shape"])
