"""The manifest: what is known of each image file, kept for as long as the files stay as they are."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from piaa_lightning.data.images.decode import decode
from piaa_lightning.data.images.formats import open_image
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.progress import track
from piaa_lightning.runtime.read_ahead import read_ahead

FORMAT_VERSION = 1
KEPT = 4  # manifests of one place: whoever changes files leaves one behind every time


@dataclass(frozen=True)
class ImageFile:
    """What one file holds.

    Args:
        sha256: of its bytes, in hex; blank where they could not be read.
        width: pixels, as stored; 0 where the image is broken.
        height: likewise.
        mode: Pillow's name of its kind of pixels, such as ``RGB``, ``L`` or ``CMYK``.
        broken: why it cannot be decoded; blank where it can.
    """

    sha256: str
    width: int
    height: int
    mode: str
    broken: str = ""


@dataclass(frozen=True)
class Manifest:
    """What is known of the images of a database.

    Args:
        key: changes with the name, size or time of any file.
        files: by path relative to the database's root; images that nobody evaluated yet are not there.
        evaluated: how many of them were evaluated now, as opposed to known from earlier.
    """

    key: str
    files: dict[str, ImageFile]
    evaluated: int = 0


def known(root: Path, files: Sequence[str], cache: Path) -> Manifest:
    """Return what earlier checks found out about files that have not changed since.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of all images of the database.
        cache: manifests lie in its directory ``manifests``.
    """
    home = _home(cache, root)
    if not home.is_dir():  # nobody checked this database: do not look at each of its files in vain
        return Manifest("", {})
    return _read(home, _key(root, files))


def evaluate(root: Path, files: Sequence[str], cache: Path, wanted: Iterable[str]) -> Manifest:
    """Hash and decode the wanted images that no earlier check has found to be sound, and keep what was found.

    What was found until an interruption is kept too. Broken images are looked at again every time.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of all images of the database.
        cache: manifests lie in its directory ``manifests``.
        wanted: those of ``files`` to evaluate.

    Raises:
        UserError: the manifest cannot be written.
    """
    home, key = _home(cache, root), _key(root, files)
    before = _read(home, key)
    todo = [name for name in wanted if name not in before.files or before.files[name].broken]
    found = dict(before.files)
    try:
        with warnings.catch_warnings(), closing(read_ahead(_look, [root / name for name in todo])) as looked:
            warnings.filterwarnings("ignore", module=r"PIL\.")  # corrupt EXIF blocks and the like: the pixels are fine
            for name, facts in zip(todo, track(looked, "checking images", len(todo)), strict=True):
                found[name] = facts
    finally:
        if found != before.files:
            _save(home / f"{key}.json", root, found)
    return Manifest(key, found, len(todo))


def _read(home: Path, key: str) -> Manifest:
    try:
        content = json.loads((home / f"{key}.json").read_text(encoding="utf-8"))
        return Manifest(key, {name: ImageFile(*facts) for name, facts in content["files"].items()})
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is damaged
        return Manifest(key, {})


def _look(path: Path) -> ImageFile:
    digest = ""
    with suppress(OSError):
        if path.is_file():  # of a pipe or a device the end would never come
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        decode(path)
        with open_image(path) as image:
            return ImageFile(digest, image.width, image.height, image.mode)
    except UserError as error:
        return ImageFile(digest, 0, 0, "", str(error))


def _save(path: Path, root: Path, files: dict[str, ImageFile]) -> None:
    content = {"root": str(root), "files": {name: astuple(facts) for name, facts in sorted(files.items())}}
    try:
        replace_file(path, json.dumps(content, separators=(",", ":")).encode())
        for old in sorted(path.parent.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)[:-KEPT]:
            old.unlink()
    except OSError as error:
        raise UserError(
            f"{path.parent}: the manifest cannot be written ({error.strerror or error}); free some space there or name"
            " another directory with paths.cache=DIR."
        ) from error


def _home(cache: Path, root: Path) -> Path:
    """Return the directory of the manifests of everything that was ever seen in one place."""
    return cache / "manifests" / hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]


def _key(root: Path, files: Sequence[str]) -> str:
    """Digest of the place, names, sizes and times of all files, whatever their order."""
    facts = [_facts(root, name) for name in sorted(files)]
    content = json.dumps([FORMAT_VERSION, str(root.resolve()), facts])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _facts(root: Path, name: str) -> tuple[str, int, int]:
    path = root / name
    if not os.access(path, os.R_OK):
        return name, -1, -1  # another key once it can be read
    stat = path.stat()
    return name, stat.st_size, stat.st_mtime_ns
