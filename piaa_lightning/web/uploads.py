"""Images that visitors bring: bounded, verified by decoding, and stored under names of our own."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.suffixes import SUFFIXES

NAMES, PHOTOS = "names.jsonl", "photos"
MAX_NAME = 120


@dataclass(frozen=True)
class Limits:
    """What a visitor may bring.

    Args:
        photos: how many images.
        bytes_each: how large a file.
        bytes_all: all files together.
        pixels: how large an image.
    """

    photos: int = 2000
    bytes_each: int = 60_000_000
    bytes_all: int = 8_000_000_000
    pixels: int = 120_000_000


class Uploads:
    """The files that one visitor brought.

    Args:
        directory: of the visitor; nothing is written outside it.
        limits: what may be brought.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        self.root = directory / PHOTOS
        self.limits = limits
        self._directory = directory
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._stored = 0  # bytes of all files
        self._arriving: dict[str, int] = {}  # bytes so far, by file
        for part in self.root.glob(".*.part"):  # of a server that was stopped
            part.unlink(missing_ok=True)
        names = directory / NAMES
        for line in names.read_text(encoding="utf-8", errors="replace").split("\n") if names.exists() else []:
            try:
                file, name = json.loads(line)
                self._names[str(file)] = str(name)
            except (ValueError, TypeError):  # half a line
                continue

    def files(self) -> list[str]:
        """Return the stored files' names, in the order in which they came."""
        there = {path.name for path in self.root.glob("*") if path.suffix in SUFFIXES}
        known = [file for file in self._names if file in there]
        return known + sorted(there - set(known))

    def name(self, file: str) -> str:
        """Return what the visitor calls a stored file."""
        return self._names.get(file, file)

    async def receive(self, name: str, body: AsyncIterator[bytes]) -> str:
        """Write a file as it comes.

        Args:
            name: what the visitor calls it; only its ending decides where it goes.
            body: its bytes.

        Returns:
            The stored file's name.

        Raises:
            UserError: an ending that is no photograph's, or a bound that is passed.
        """
        shown = plain_name(name)
        suffix = Path(shown).suffix.lower()
        if suffix not in SUFFIXES:
            raise UserError(f"{shown}: not the name of a photograph; {', '.join(sorted(SUFFIXES)[:4])} and such are.")
        self.root.mkdir(parents=True, exist_ok=True)
        part = self.root / f".{secrets.token_hex(12)}.part"
        with self._lock:
            self._refuse_more(shown)
            self._arriving[part.name] = 0
        try:
            with part.open("xb") as file:
                async for some in body:
                    # what arrives beside this one counts as well
                    self._arriving[part.name] += len(some)
                    together = self._stored + sum(self._arriving.values())
                    if self._arriving[part.name] > self.limits.bytes_each or together > self.limits.bytes_all:
                        most = self.limits.bytes_each / 1e6
                        raise UserError(f"{shown}: larger than {most:.0f} MB, or than the room that is left.")
                    file.write(some)
            stored = f"{secrets.token_hex(12)}{suffix}"
            with self._lock:
                part.rename(self.root / stored)
                self._stored += self._arriving.pop(part.name)
                self._names[stored] = shown
                with (self._directory / NAMES).open("a", encoding="utf-8") as names:
                    names.write("\n" + json.dumps([stored, shown]) + "\n")
        finally:
            self._arriving.pop(part.name, None)
            part.unlink(missing_ok=True)
        return stored

    def remove(self, file: str) -> None:
        """Take a file away that is no image, or was here before."""
        (self.root / file).unlink(missing_ok=True)

    def _refuse_more(self, shown: str) -> None:
        sizes = [path.stat().st_size for path in self.root.glob("[!.]*")]
        if len(sizes) + len(self._arriving) >= self.limits.photos:
            raise UserError(f"{shown}: there are {self.limits.photos} photographs already, which is as many as fit.")
        self._stored = sum(sizes)


def plain_name(name: str) -> str:
    """Return a file's name without directories and without letters that cannot be printed."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    plain = "".join(letter for letter in last if letter.isprintable()).strip() or "photograph"
    return plain if len(plain) <= MAX_NAME else plain[-MAX_NAME:]
