"""Embedded databases without their images, which have tests of their own."""

from __future__ import annotations

import csv
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def labels_of(tmp_path_factory):
    """Write a database, size tiny, whose images are empty files."""

    def write(module: ModuleType) -> Path:
        root = tmp_path_factory.mktemp(module.NAME)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "write_images", touch)
            module.write(root, "tiny", 0)
        return root

    return write


def touch(root, seed, database, long_side, jobs):
    for _, path in jobs:
        (root / path).touch()


@pytest.fixture
def truth_of():
    """Read the true tastes of a database by user and image."""

    def read(root: Path) -> dict[tuple[str, str], float]:
        with (root / "truth.csv").open(encoding="utf-8") as file:
            return {(row["user"], row["image"]): float(row["score"]) for row in csv.DictReader(file)}

    return read
