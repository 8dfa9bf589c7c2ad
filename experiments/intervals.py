"""Compute studies' comparisons of users anew from ``records.csv.gz``: ``experiments/intervals.py [STUDY ...]``.

Prints a line for each comparison of ``comparisons.csv``, and ends with status 1 where one is not what the records say.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import main as main_metric
from piaa_lightning.studies.compact_records import NAME, read_compact
from piaa_lightning.studies.pairs import compare_users

HERE = Path(__file__).resolve().parent
COMPARED = ("difference", "difference_std_seeds", "low", "high", "t_low", "t_high", "p")
TOLERANCE = 2e-4  # both files are rounded


def main(names: list[str]) -> None:
    """Check the named studies, or all that keep records."""
    directories = [Path(name) for name in names] or sorted(file.parent for file in HERE.glob(f"*/{NAME}"))
    try:
        wrong = [line for directory in directories for line in checked(directory)]
    except UserError as error:
        sys.exit(str(error))
    if wrong:
        sys.exit("\n".join(["these are not what the records say; collect the study's runs again:", *wrong]))


def checked(directory: Path) -> list[str]:
    """Print a study's comparisons as its records have them, and return those that its csv has otherwise."""
    by_variant = read_compact(directory)
    with (directory / "comparisons.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["shots"] and row["measure"] == main_metric().label]
    wrong = []
    for row in rows:
        if row["variant"] not in by_variant:  # collected before studies kept their records
            continue
        backbone = row["backbone"] or None
        made = compare_users(by_variant[row["variant"]], row["a"], row["b"], int(row["shots"]), backbone)
        line = f"{row['variant']}: {row['a']} - {row['b']} at {row['shots']} shots"
        print(f"{line}: {made['difference']:+.4f} [{made['low']:+.4f}, {made['high']:+.4f}], {made['seeds']} seeds")
        if any(differs(row.get(name, ""), made[name]) for name in COMPARED):
            wrong.append(line)
    return wrong


def differs(printed: str, made: float | None) -> bool:
    """Whether a number of the csv is not the one that was computed, but for rounding."""
    if made is None or printed == "":
        return (made is None) != (printed == "")
    return abs(float(printed) - made) > TOLERANCE


if __name__ == "__main__":
    main(sys.argv[1:])
