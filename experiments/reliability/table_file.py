"""A table that is tried in parts: lines of what was not tried this time stay."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path


def write(path: Path, columns: Sequence[str], lines: Sequence[Mapping[str, object]]) -> None:
    """Write lines, each in place of an older one with the same first column.

    Args:
        path: of the csv.
        columns: names; the first one tells lines apart.
        lines: what was found this time.
    """
    known: dict[str, Mapping[str, object]] = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            known = {line[columns[0]]: line for line in csv.DictReader(file)}
    known |= {str(line[columns[0]]): line for line in lines}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(known.values())
