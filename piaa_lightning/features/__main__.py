"""Measure a folder of images: ``python -m piaa_lightning.features DIR`` writes ``features.csv``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from piaa_lightning.data.readers.files import images
from piaa_lightning.errors import UserError
from piaa_lightning.features.folder import measured
from piaa_lightning.features.simple import SIMPLE, simple_features
from piaa_lightning.runtime.files.csv_file import write_csv
from piaa_lightning.runtime.progress import track


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, measure, and say what was written."""
    parser = argparse.ArgumentParser(
        prog="python -m piaa_lightning.features",
        description="Measure every image below a folder: " + ", ".join(SIMPLE) + ".",
    )
    parser.add_argument("folder", type=Path, help="images may lie in folders below it")
    parser.add_argument("--out", type=Path, default=Path("features.csv"), help="the csv file (features.csv)")
    parser.add_argument("--workers", type=int, default=None, help="threads (one for each core)")
    given = parser.parse_args(arguments)
    try:
        said = write_features(given.folder.expanduser(), given.out.expanduser(), given.workers)
        print(said.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8"))
    except UserError as error:
        sys.exit(f"piaa_lightning.features: {error}")


def write_features(folder: Path, out: Path, workers: int | None = None) -> str:
    """Write one line per image, ``file`` and all simple features, sorted by file.

    Images that cannot be read are left out and named.

    Args:
        folder: of the images.
        out: the csv file.
        workers: threads; as many as there are cores by default.

    Returns:
        What was done, in a sentence or two.

    Raises:
        UserError: no such folder, no image in it, none that can be read, or a file that cannot be written.
    """
    if workers is not None and workers < 1:
        raise UserError(f"--workers {workers}: give a whole number from 1.")
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder; give one that holds images.")
    files = sorted(images(folder))
    if not files:
        raise UserError(f"{folder}: there is no image in it or in the folders below it; give another folder.")
    rows: list[list[str]] = []
    broken = []
    found = measured(folder, files, simple_features, workers=workers)
    for file, values in track(zip(files, found, strict=True), "features", len(files)):
        if isinstance(values, UserError):
            broken.append(str(values))
        else:
            rows.append([file, *(f"{value:.6g}" for value in values)])
    if len(broken) == len(files):
        raise UserError(f"{folder}: none of its {len(files)} images can be read; the first: {broken[0]}")
    try:
        write_csv(out, ["file", *SIMPLE], rows)
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); give another file with --out.") from error
    said = f"{out}: {len(SIMPLE)} features of {len(files) - len(broken)} images."
    return "\n".join([said, *([f"{len(broken)} left out:", *broken] if broken else [])])


if __name__ == "__main__":
    main()
