"""Small whole copies of every database in its published layout: labels of a few images, and images of no byte."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Sequence
from pathlib import Path

from piaa_lightning.simulation import embedded

LINES = 9  # of every file of labels, the header included
DATABASES = tuple(embedded.WRITERS)
IMAGES = (".jpg", ".jpeg", ".png")
OURS = {"EMBEDDED.md", "truth.csv", "Thumbs.db"}  # which no reader opens


def write(database: str, root: Path) -> list[str]:
    """Write a small copy; return its files of labels, relative to ``root``.

    The writers of the embedded databases do it, without drawing anything: readers look at the names of images alone.
    """
    if database == "ratings_csv":
        return _own_ratings(root)
    module = importlib.import_module(f"piaa_lightning.simulation.{database}")
    drawing, module.write_images = module.write_images, _touch
    try:
        embedded.WRITERS[database].write(root, "tiny", 0)
    finally:
        module.write_images = drawing
    if database == "real_cur":
        _albums_as_csv(root)
    labels = [file for file in sorted(root.rglob("*")) if file.is_file() and file.suffix.lower() not in IMAGES]
    for file in labels:
        _shorten(file)
    _thin_out(root, labels)
    return [file.relative_to(root).as_posix() for file in labels if file.name not in OURS]


def _albums_as_csv(root: Path) -> None:
    """Write the scores that REAL-CUR's directories tell as a csv, its other layout: directories cannot be spoilt."""
    found = [file.parts[-3:] for file in sorted(root.rglob("*")) if file.parent.name in "12345" and file.is_file()]
    with (root / "scores.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["worker", "image_name", "score"], *([a, name, s] for a, s, name in found)])


def _touch(root: Path, _seed: int, _database: str, _long_side: int, jobs: Sequence[tuple[int, str]]) -> None:
    for _, path in jobs:
        (root / path).touch()


def _shorten(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:LINES]))


def _thin_out(root: Path, labels: Sequence[Path]) -> None:
    """Remove images that no file of labels names any more, but a few."""
    told = b"\n".join(file.read_bytes() for file in labels)
    strangers = [
        file
        for file in sorted(root.rglob("*"))
        if file.is_file() and file not in labels and file.stem.encode() not in told
    ]
    for file in strangers[LINES:]:
        file.unlink()


def _own_ratings(root: Path) -> list[str]:
    tables = {
        "ratings.csv": [["user", "image", "score"], *([f"u{n % 3}", f"p{n}.jpg", 1 + n % 5] for n in range(8))],
        "users.csv": [["user", "age", "openness"], *([f"u{n}", 20 + n, n / 3] for n in range(3))],
        "images.csv": [["image", "kind"], *([f"p{n}.jpg", "ab"[n % 2]] for n in range(8))],
    }
    root.mkdir(parents=True, exist_ok=True)
    for name, lines in tables.items():
        with (root / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    (root / "images").mkdir()
    for number in range(8):
        (root / "images" / f"p{number}.jpg").touch()
    return list(tables)
