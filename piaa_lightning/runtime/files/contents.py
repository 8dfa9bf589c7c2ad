"""Name the contents of a path, so that a configuration is the same wherever its files lie."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Files that are read in full: tables, lists and weights are corrected in place, and copies of them have new times.
READ = (
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    ".jsonl",
    ".yaml",
    ".gz",
    ".safetensors",
    ".pth",
    ".pt",
    ".bin",
    ".npz",
    ".npy",
)
LARGEST = 2**31  # bytes of a file that is read in full; of a larger one size and time tell
PLACES = ("root",)  # keys whose value is a path even where it looks like a word


def by_contents(config: Any, key: str = "") -> Any:
    """Return a configuration in which every path that is there has become a digest of what lies there.

    A value is a path where its key says so (``root``), or where it is written as one (with a ``/`` or an ending).

    Args:
        config: dictionaries, lists and values.
        key: that leads to it.
    """
    if isinstance(config, dict):
        return {name: by_contents(value, str(name)) for name, value in config.items()}
    if isinstance(config, list):
        return [by_contents(value, key) for value in config]
    if not isinstance(config, str) or not _written_as_path(config, key):
        return config
    try:
        path = Path(config).expanduser()
        return f"contents {digest_of(path)}" if path.exists() else config
    except (OSError, ValueError, RuntimeError):  # a name that no system has, or nobody's home
        return config


def digest_of(path: Path) -> str:
    """Name a file by its bytes; a directory by the names in it, the bytes of its tables, and size and time of the rest.

    Images are told apart by size and time, as the cache of images does: reading a whole database takes minutes.

    Raises:
        OSError: something there cannot be read.
    """
    content = hashlib.sha256()
    if not path.is_dir():
        content.update(_of_file(path))
    else:
        for name, file in sorted(_walk(path, "", set())):
            content.update(name.encode("utf-8", "surrogateescape") + b"\0" + _of_file(file) + b"\n")
    return content.hexdigest()


def _written_as_path(value: str, key: str) -> bool:
    return bool(value) and (key in PLACES or "/" in value or os.sep in value or value.lower().endswith(READ))


def _of_file(file: Path) -> bytes:
    state = file.stat()
    if file.is_file() and file.name.lower().endswith(READ) and state.st_size <= LARGEST:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").digest()
    return f"{state.st_size} {state.st_mtime_ns}".encode()


def _walk(folder: Path, prefix: str, seen: set[str]) -> Iterator[tuple[str, Path]]:
    """Yield all files below a directory that are there; linked directories are followed, each once."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", seen)
            elif entry.is_file():
                yield f"{prefix}{entry.name}", Path(entry.path)
