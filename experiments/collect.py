"""Collect runs into a study: ``python experiments/collect.py STUDY_DIRECTORY VARIANT=RUNS_DIRECTORY ...``.

For each variant the newest finished run below its directory is taken; ``results.csv`` and ``comparisons.csv`` of the
study are written anew. A run without ``summary.json`` did not finish and is passed over.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

RESULTS = ("variant", "data", "method", "backbone", "shots", "srocc", "srocc_std_repeats", "srocc_std_users")
RESULTS += ("users", "repeats", "users_dropped", "seed", "split_hash")
COMPARISONS = ("variant", "a", "b", "shots", "difference", "low", "high", "p", "p_holm", "users", "repeats")


def main(arguments: list[str]) -> None:
    """Write the two tables of a study."""
    if len(arguments) < 2:
        sys.exit(str(__doc__).splitlines()[0])
    study = Path(arguments[0])
    results, comparisons = [], []
    for argument in arguments[1:]:
        variant, _, directory = argument.partition("=")
        summary = newest_summary(Path(directory))
        shared = {"variant": variant, **{key: summary[key] for key in ("data", "seed", "split_hash")}}
        results += [{**row, **shared} for row in summary["rows"]]
        for row in summary["comparisons"]:
            low, high = row["ci95"]
            comparisons.append({**row, **shared, "low": low, "high": high})
    write(study / "results.csv", RESULTS, results)
    write(study / "comparisons.csv", COMPARISONS, comparisons)


def newest_summary(directory: Path) -> dict:
    """Read the summary of the newest finished run below a directory."""
    finished = sorted(directory.glob("**/summary.json"), key=lambda path: path.stat().st_mtime)
    if not finished:
        sys.exit(f"{directory}: there is no finished run (no summary.json below it); run the study's commands first.")
    return json.loads(finished[-1].read_text())


def write(path: Path, columns: tuple[str, ...], rows: list[dict]) -> None:
    """Write a csv with four digits, so that a diff shows what really changed."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
