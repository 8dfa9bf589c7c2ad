"""Runs become the csv files of a study: a row is a mean over seeds, and what has not been run is a row too."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import USUAL, Level, main, present
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.csv_file import csv_bytes
from piaa_lightning.studies.pairs import comparisons
from piaa_lightning.studies.rows import Row, evaluations, single_users, users
from piaa_lightning.studies.runs import Job, Run, finished_runs, newest_of_each, owed_jobs, refuse_different_splits

SHARED = ("variant", "data", "seeds", "missing", "split_hash", "seed", "commit", "configuration", "versions")
FILES = ("results", "images", "traits", "comparisons", "users")
FREE = {"backbone", "backbone.name", "shots", "seed"}  # what has columns of its own or is averaged over
NOT_RUN = "(not run)"


@dataclass
class Group:
    """Runs that stand in one table.

    Args:
        runs: finished, one for each seed, backbone and choice of shots.
        owed: overrides of jobs that have not finished.
    """

    runs: list[Run] = field(default_factory=list)
    owed: list[Job] = field(default_factory=list)


def group_of(directory: Path, jobs_of: Callable[[Path], list[Job]]) -> Group:
    """Return the runs below a directory as one variant of a study."""
    return Group(newest_of_each(finished_runs(directory)), owed_jobs(directory, jobs_of))


def groups_of_sweep(directory: Path, jobs_of: Callable[[Path], list[Job]]) -> dict[str, Group]:
    """Return the runs of a sweep by what differs between its jobs beside backbone, shots and seed.

    Args:
        directory: of the sweep, or of several.
        jobs_of: lists the jobs of a sweep from its ``multirun.yaml``.

    Raises:
        UserError: there is nothing that finished.
    """
    runs, owed = finished_runs(directory), owed_jobs(directory, jobs_of)
    if not runs:
        raise UserError(f"{directory}: there is no finished run (no summary.json below it); run the sweep first.")
    jobs = [*(run.job for run in runs), *owed]
    common = set.intersection(*map(set, jobs))

    def variant(job: Job) -> str:
        told = [word for word in job if word not in common and word.lstrip("+").partition("=")[0] not in FREE]
        return " ".join(told) or "all"

    groups: dict[str, Group] = defaultdict(Group)
    for run in runs:
        groups[variant(run.job)].runs.append(run)
    for job in owed:
        groups[variant(job)].owed.append(job)
    return {name: Group(newest_of_each(group.runs), group.owed) for name, group in groups.items()}


def tables_of(groups: Mapping[str, Group], single: Sequence[str] | None = None) -> dict[str, list[Row]]:
    """Return the rows of each csv file.

    Args:
        groups: by variant.
        single: methods whose single users are listed; None lists those that are compared, none lists nobody.

    Raises:
        UserError: runs of one group were evaluated on different splits.
    """
    tables: dict[str, list[Row]] = {name: [] for name in FILES}
    for variant, group in groups.items():
        refuse_different_splits(group.runs, variant)
        shared: Row = {"variant": variant, "missing": len(group.owed) or "", "seeds": 0}
        if not group.runs:
            tables["results"].append({**shared, "missing": len(group.owed) or 1, "method": NOT_RUN})
            continue
        one = group.runs[0].summary
        seeds = len({run.seed for run in group.runs})
        shared |= {"data": one["data"], "split_hash": one["split_hash"], "seeds": seeds, **provenance(group.runs)}
        rows = users(group.runs)
        found = {
            "results": [*rows, *holes(group, rows)],
            "images": evaluations(group.runs, "images"),
            "traits": evaluations(group.runs, "trait"),
            "comparisons": comparisons(group.runs),
        }
        compared = {c[side] for c in found["comparisons"] if "shots" in c for side in "ab"}
        found["users"] = single_users(group.runs, list(compared) if single is None else single)
        for name, own in found.items():
            # networks may be evaluated on another database than users
            tables[name] += [{**shared, **row, "data": row.get("evaluated_on") or shared["data"]} for row in own]
    return tables


def provenance(runs: Sequence[Run]) -> Row:
    """Say which seeds, commit, configuration and versions of libraries made the runs; several are joined by a plus."""
    of_runs = [
        {
            "seed": str(run.seed),
            "commit": str(run.summary.get("commit") or ""),
            "configuration": str(run.summary.get("configuration") or ""),
            "versions": "; ".join(f"{name} {number}" for name, number in (run.summary.get("versions") or {}).items()),
        }
        for run in runs
    ]
    return {name: " + ".join(dict.fromkeys(told[name] for told in of_runs if told[name])) for name in of_runs[0]}


def holes(group: Group, rows: Sequence[Row]) -> list[Row]:
    """Return rows without values for what owed jobs would have filled and no other seed did.

    Which backbone and shots a job has is read from its overrides; which methods, from the rows that are there.
    """
    there = dict.fromkeys((row["method"], row["backbone"], int(row["shots"])) for row in rows)
    found: dict[tuple[str, str, int], Row] = {}
    for job in group.owed:
        told = dict(word.lstrip("+").partition("=")[::2] for word in job)
        named = told.get("backbone.name") or "+".join(_words(told.get("backbone", "")))
        shots = [int(word) for word in _words(told.get("shots", "")) if word.isdigit()]
        for method, known, k in there:
            backbone = (named or known) if known else ""  # methods without a backbone have none in any job
            for wanted in shots or [k]:
                if (method, backbone, wanted) not in there:
                    row = {"method": method, "backbone": backbone, "shots": wanted, "seeds": 0}
                    found[method, backbone, wanted] = row
    return list(found.values())


def _words(value: str) -> list[str]:
    """Return what stands in a list of an override, as in ``[mobilenetv2,nima]``; one word is a list of it."""
    return [word.strip() for word in value.strip("[]").split(",") if word.strip()]


def write_tables(
    tables: Mapping[str, Sequence[Row]], directory: Path, instead_of: Collection[str] | None = None
) -> None:
    """Write the csv files of a study; one without rows is removed, so that nothing old stays.

    Args:
        tables: from `tables_of`.
        directory: of the study.
        instead_of: variants whose old lines go, while those of all others stay; None lets none stay.
    """
    for name, new in tables.items():
        path = directory / f"{name}.csv"
        old: list[Row] = []
        if instead_of is not None and path.exists():
            with path.open(newline="", encoding="utf-8") as file:
                old = [dict(line) for line in csv.DictReader(file) if line["variant"] not in instead_of]
        if rows := [*old, *new]:
            replace_file(path, _csv((*SHARED, *columns_of(name, rows)), rows))
        else:
            path.unlink(missing_ok=True)


def columns_of(name: str, rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns of a study's csv file: those of the usual metrics, and of others that the rows hold.

    Args:
        name: one of `FILES`.
        rows: of the file.
    """
    known = {column for row in rows for column in row}

    def values(level: Level, ends: Sequence[str] = ()) -> list[str]:
        metrics = present(level, known | set(USUAL[level]))
        of_seeds = [m for m in metrics if m == main() or m.compared]
        return [f"{metric.name}{end}" for metric in metrics for end in ("", *(ends if metric in of_seeds else ()))]

    if name == "results":
        metrics = present("user", known | set(USUAL["user"]))
        ends = ("", "_std_repeats", "_std_seeds", "_std_users")
        numbers = [f"{metric.name}{end}" for metric in metrics for end in ends]
        return ("method", "backbone", "shots", *numbers, "users", "repeats", "users_dropped")
    if name == "images":
        compared = [metric for metric in present("image", known | set(USUAL["image"])) if metric.compared]
        intervals = [f"{metric.name}_{end}" for metric in compared for end in ("low", "high")]
        return ("method", "backbone", *values("image", ["_std_seeds"]), *intervals, "images")
    if name == "traits":
        return ("method", "backbone", "trait", *values("trait", ["_std_seeds"]), "users")
    if name == "users":
        numbers = [f"{m.name}{end}" for m in present("user", known | {main().name}) for end in ("", "_std_repeats")]
        return ("method", "backbone", "shots", "user", *numbers, "repeats")
    measured = ("difference", "difference_std_seeds", "low", "high", "t_low", "t_high", "p", "p_holm", "t_p")
    return ("a", "b", "backbone", "measure", "shots", *measured, "users", "images", "repeats")


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Write four digits, so that a diff shows what really changed."""
    values = ([row.get(column, "") for column in columns] for row in rows)
    return csv_bytes(columns, ([f"{v:.4f}" if isinstance(v, float) else v for v in row] for row in values))
