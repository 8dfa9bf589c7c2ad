"""Small text files of the embedded databases."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_lines(path: Path, lines: Iterable[str], newline: str = "\n", encoding: str = "utf-8") -> None:
    """Write lines and wait until they are on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        file.writelines(line + newline for line in lines)
        file.flush()
        os.fsync(file.fileno())


def write_truth(root: Path, rows: Iterable[tuple[str, str, float]]) -> None:
    """Write ``truth.csv``: user, image and what that user would answer on average, on the database's own scale."""
    write_lines(
        root / "truth.csv", ["user,image,score", *(f"{user},{image},{score:.7f}" for user, image, score in rows)]
    )


def write_note(root: Path, database: str, layout: str) -> None:
    """Write ``EMBEDDED.md``: one paragraph that keeps anybody from taking the directory for the real database."""
    write_lines(
        root / "EMBEDDED.md",
        [
            f"This is not {database}: nobody took these pictures and nobody rated them. piaa_lightning drew them and"
            f" simulated the people, in the layout that {database} is published in, so that programs can be tried and"
            f" tested without the real files; no finding about people follows from them. {layout} `truth.csv` holds"
            " the noise-free taste that the simulated answers were made from; no method may read it."
        ],
    )
