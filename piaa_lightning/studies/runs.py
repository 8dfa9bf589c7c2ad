"""The runs below a directory: which have finished, which a sweep still owes, and which may stand in one table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.files.foreign_yaml import read_foreign_yaml

Lines = list[dict[str, str]]
Job = tuple[str, ...]  # overrides, as Hydra writes them
# What earlier versions called files, columns and keys: their finished runs are read as today's.
EARLIER = {
    "images.csv": "pictures.csv",
    "cut": "threshold",
    "predicted_cut": "predicted_threshold",
    "judged_on": "evaluated_on",
    "judged": "evaluated",
}
SWEEP, STARTED = "multirun.yaml", ".hydra/overrides.yaml"


@dataclass(frozen=True)
class Run:
    """One finished run.

    Args:
        directory: of it.
        summary: its ``summary.json``.
    """

    directory: Path
    summary: dict[str, Any]

    @property
    def seed(self) -> int:
        """Of initial weights and the order of training."""
        return int(self.summary["seed"])

    @property
    def job(self) -> Job:
        """What was typed, without the order; empty where Hydra's own files are gone."""
        return _overrides(self.directory / STARTED)

    def lines(self, name: str) -> Lines:
        """Read one of its csv files; nothing where it has none."""
        found = [path for path in (self.directory / name, self.directory / EARLIER.get(name, name)) if path.exists()]
        if not found:
            return []
        with found[0].open(newline="", encoding="utf-8") as file:
            return [
                {EARLIER.get(column, column): text for column, text in line.items()} for line in csv.DictReader(file)
            ]


def finished_runs(directory: Path) -> list[Run]:
    """Return all finished runs below a directory, the oldest first; one without ``summary.json`` did not finish.

    Raises:
        UserError: a ``summary.json`` is damaged.
    """
    found = sorted(directory.glob("**/summary.json"), key=lambda path: path.stat().st_mtime)
    return [Run(path.parent, read_summary(path)) for path in found]


def read_summary(file: Path) -> dict[str, Any]:
    """Return what a finished run said of itself.

    Raises:
        UserError: the file is damaged.
    """
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file} is damaged; delete it, and do that run anew with resume=auto.") from error
    rows = [{EARLIER.get(key, key): value for key, value in row.items()} for row in told.get("rows", ())]
    return {EARLIER.get(key, key): value for key, value in told.items()} | ({"rows": rows} if rows else {})


def owed_jobs(directory: Path, jobs_of: Callable[[Path], list[Job]]) -> list[Job]:
    """Return the jobs that were to be run below a directory and have not finished.

    They are those of the newest sweep; where there was none, runs that were started after the newest that finished, and
    left no summary.

    Args:
        directory: of runs.
        jobs_of: lists the jobs of a sweep from its ``multirun.yaml``.
    """
    finished = finished_runs(directory)
    done = {run.job for run in finished}
    sweeps = sorted(directory.glob(f"**/{SWEEP}"), key=lambda path: path.stat().st_mtime)
    wanted = jobs_of(sweeps[-1]) if sweeps else []
    if not sweeps:
        last = max(((run.directory / "summary.json").stat().st_mtime for run in finished), default=0.0)
        started = [path for path in sorted(directory.glob(f"**/{STARTED}")) if path.stat().st_mtime > last]
        wanted = [_overrides(path) for path in started]
    return [job for job in dict.fromkeys(tuple(sorted(job)) for job in wanted) if job not in done]


def newest_of_each(runs: Iterable[Run]) -> list[Run]:
    """Return, for each seed, backbone and choice of shots, the newest run, seeds ascending.

    Args:
        runs: the oldest first.
    """
    found: dict[tuple[Any, ...], Run] = {}
    for run in runs:
        rows = run.summary["rows"]
        shots = tuple(sorted({int(row["shots"]) for row in rows if "shots" in row}))
        backbones = tuple(sorted({str(row["backbone"]) for row in rows if row.get("backbone")}))
        found[run.seed, backbones, shots] = run
    return sorted(found.values(), key=lambda run: run.seed)


def refuse_different_splits(runs: Iterable[Run], what: str) -> None:
    """Stop where runs that are to stand in one comparison were evaluated on different things.

    Raises:
        UserError: their data, splits, protocols or parts differ.
    """
    known: dict[str, dict[str, str]] = {}
    for run in runs:
        summary = run.summary
        for name in ("data", "split_hash", "protocol", "evaluated"):
            if name in summary:  # runs of earlier versions did not say all of it
                known.setdefault(name, {}).setdefault(json.dumps(summary[name], sort_keys=True), str(run.directory))
    for name, values in known.items():
        if len(values) > 1:
            one, other = list(values.values())[:2]
            raise UserError(
                f"{what}: the runs were evaluated on different splits or data ({name} differs between {one} and"
                f" {other}), and no comparison of them means anything; run them again with the same."
            )


def _overrides(file: Path) -> Job:
    if not file.is_file():
        return ()
    told = read_foreign_yaml(file)
    return tuple(sorted(word for word in told if isinstance(word, str))) if isinstance(told, list) else ()
