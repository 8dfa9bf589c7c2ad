"""What several seeds say together: rows of users, images and traits as means over seeds, with the spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from piaa_lightning.evaluation.image_evaluation import KEYS
from piaa_lightning.evaluation.records import Record, read_records
from piaa_lightning.evaluation.resampling import interval
from piaa_lightning.evaluation.statistics import summarise
from piaa_lightning.studies.measures import IMAGES, mean_of
from piaa_lightning.studies.runs import Run

Row = dict[str, Any]
MEASURES = ("acc", "balanced_acc", "srocc", "plcc", "emd_r1", "emd_r2", "rmse")


def records_by_seed(runs: Sequence[Run]) -> dict[int, list[Record]]:
    """Put the records of each seed's runs together; of rows that several runs have, such as controls, the newest's."""
    found: dict[int, dict[tuple[Any, ...], Record]] = {}
    for run in runs:
        path = run.directory / "records.csv"
        for record in read_records(path) if path.is_file() else []:
            key = (record.method, record.backbone, record.shots, record.repeat, record.user)
            found.setdefault(run.seed, {})[key] = record
    return {seed: list(records.values()) for seed, records in found.items()}


def users(runs: Sequence[Run]) -> list[Row]:
    """Return the rows of users: means over seeds, their spread over repeats, seeds and users."""
    by_seed = list(records_by_seed(runs).values())
    of_seed = [{(row.method, row.backbone, row.shots): row.srocc for row in summarise(records)} for records in by_seed]
    rows = []
    for row in summarise(mean_over_seeds(by_seed)):
        key = (row.method, row.backbone, row.shots)
        values = [found[key] for found in of_seed if key in found]
        rows.append({**asdict(row), "seeds": len(values), "srocc_std_seeds": spread(values)})
    return rows


def mean_over_seeds(by_seed: Sequence[Sequence[Record]]) -> list[Record]:
    """Average the records of several seeds; one that any seed dropped is dropped."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for records in by_seed:
        for record in records:
            groups.setdefault((record.method, record.backbone, record.shots, record.repeat, record.user), []).append(
                record
            )
    averaged = []
    for group in groups.values():
        dropped = next((record.dropped for record in group if record.dropped), "")
        value = None if dropped else statistics.fmean(record.srocc for record in group if record.srocc is not None)
        averaged.append(replace(group[0], srocc=value, dropped=dropped))
    return averaged


def single_users(runs: Sequence[Run], methods: Sequence[str]) -> list[Row]:
    """Return one row per user: the mean over repeats and seeds, and the spread over repeats of means over seeds."""
    rows = []
    groups: dict[tuple[str, str, int, str], list[float]] = {}
    for record in mean_over_seeds(list(records_by_seed(runs).values())):
        if record.method in methods:
            own = groups.setdefault((record.method, record.backbone, record.shots, record.user), [])
            own += [] if record.srocc is None else [record.srocc]
    for (method, backbone, shots, user), values in groups.items():
        mean = statistics.fmean(values) if values else None
        told = {"method": method, "backbone": backbone, "shots": shots, "user": user}
        rows.append({**told, "srocc": mean, "srocc_std_repeats": spread(values), "repeats": len(values)})
    return rows


def evaluations(runs: Sequence[Run], kind: str) -> list[Row]:
    """Return the rows of networks evaluated as they are, of one kind (``images`` or ``trait``): means over seeds."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for run in runs:
        for row in run.summary["rows"]:
            if kind in row and "shots" not in row:
                groups.setdefault((row["method"], row["backbone"], row.get("trait")), []).append(row)
    rows = []
    for group in groups.values():
        mean = {
            key: statistics.fmean(row[key] for row in group)
            for key in MEASURES
            if all(row.get(key) is not None for row in group)
        }
        found = spread([row["srocc"] for row in group])
        row = {**group[0], **mean, "seeds": len(group), "srocc_std_seeds": found}
        rows.append({**row, **intervals(runs, row)} if kind == "images" else row)
    return rows


def intervals(runs: Sequence[Run], row: Row) -> Row:
    """Return the 95 % intervals over images of a row's means over seeds, ``acc_low``, ``acc_high`` and so on."""
    own = ("method", "backbone")
    by_seed = [[line for line in run.lines("images.csv") if all(line[k] == row[k] for k in own)] for run in runs]
    found: Row = {}
    for name, measure in IMAGES.items():
        if row.get(KEYS[name]) is not None:
            ends = interval(mean_of([measure(lines) for lines in by_seed if lines]), row["images"])
            found |= {f"{KEYS[name]}_{end}": value for end, value in zip(("low", "high"), ends or (), strict=False)}
    return found


def spread(values: Sequence[float | None]) -> float | None:
    """Sample standard deviation; None for one value or where one is unknown."""
    known = [value for value in values if value is not None]
    return statistics.stdev(known) if len(known) == len(values) > 1 else None
