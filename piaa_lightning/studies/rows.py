"""Average rows of users, images and traits over seeds, with the spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from piaa_lightning.evaluation.comparison.over_seeds import over_seeds_and_things
from piaa_lightning.evaluation.records import Record, read_records
from piaa_lightning.evaluation.statistics import summarise
from piaa_lightning.metrics.registry import MAIN, Level, of_level, present
from piaa_lightning.studies.measures import of_images
from piaa_lightning.studies.runs import Run

Row = dict[str, Any]


def records_by_seed(runs: Sequence[Run]) -> dict[int, list[Record]]:
    """Put the records of each seed's runs together; of rows that several runs have, such as controls, the newest's."""
    found: dict[int, dict[tuple[Any, ...], Record]] = {}
    for run in runs:
        path = run.directory / "records.csv"
        for record in read_records(path) if path.is_file() else []:
            key = (record.method, record.backbone, record.shots, record.repeat, record.user, record.metric)
            found.setdefault(run.seed, {})[key] = record
    return {seed: list(records.values()) for seed, records in found.items()}


def users(runs: Sequence[Run]) -> list[Row]:
    """Return the rows of users: means over seeds, their spread over repeats, seeds and users."""
    by_seed = list(records_by_seed(runs).values())
    of_seed = [
        {(row.method, row.backbone, row.shots): row.metrics for row in summarise(records)} for records in by_seed
    ]
    rows = []
    for row in summarise(mean_over_seeds(by_seed)):
        key = (row.method, row.backbone, row.shots)
        own = [found[key] for found in of_seed if key in found]
        of_seeds = {
            f"{name}_std_seeds": spread([metrics[name].mean for metrics in own if name in metrics])
            for name in row.metrics
        }
        rows.append({**row.flat(), "seeds": len(own), **of_seeds})
    return rows


def mean_over_seeds(by_seed: Sequence[Sequence[Record]]) -> list[Record]:
    """Average the records of several seeds; one that any seed dropped is dropped."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for records in by_seed:
        for record in records:
            key = (record.method, record.backbone, record.shots, record.repeat, record.user, record.metric)
            groups.setdefault(key, []).append(record)
    averaged = []
    for group in groups.values():
        dropped = next((record.dropped for record in group if record.dropped), "")
        value = None if dropped else statistics.fmean(record.value for record in group if record.value is not None)
        averaged.append(replace(group[0], value=value, dropped=dropped))
    return averaged


def single_users(runs: Sequence[Run], methods: Sequence[str]) -> list[Row]:
    """Return one row per user: the mean over repeats and seeds, and the spread over repeats of means over seeds."""
    groups: dict[tuple[str, str, int, str], dict[str, list[float]]] = {}
    for record in mean_over_seeds(list(records_by_seed(runs).values())):
        if record.method in methods:
            own = groups.setdefault((record.method, record.backbone, record.shots, record.user), {})
            own.setdefault(record.metric, []).extend([] if record.value is None else [record.value])
    rows = []
    for (method, backbone, shots, user), by_metric in groups.items():
        row: Row = {"method": method, "backbone": backbone, "shots": shots, "user": user}
        for metric in present("user", by_metric):
            values = by_metric[metric.name]
            row[metric.name] = statistics.fmean(values) if values else None
            row[f"{metric.name}_std_repeats"] = spread(values)
        rows.append({**row, "repeats": len(by_metric.get(MAIN, ()))})
    return rows


def evaluations(runs: Sequence[Run], kind: str) -> list[Row]:
    """Return the rows of networks evaluated as they are, of one kind (``images`` or ``trait``): means over seeds."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for run in runs:
        for row in run.summary["rows"]:
            if kind in row and "shots" not in row:
                groups.setdefault((row["method"], row["backbone"], row.get("trait")), []).append(row)
    level: Level = "image" if kind == "images" else "trait"
    rows = []
    for group in groups.values():
        mean = {
            metric.name: statistics.fmean(row[metric.name] for row in group)
            for metric in present(level, group[0], tables=False)
            if all(row.get(metric.name) is not None for row in group)
        }
        of_seeds = {f"{name}_std_seeds": spread([row.get(name) for row in group]) for name in (MAIN, *mean)}
        row = {**group[0], **mean, "seeds": len(group), **of_seeds}
        rows.append({**row, **intervals(runs, row)} if kind == "images" else row)
    return rows


def intervals(runs: Sequence[Run], row: Row) -> Row:
    """Return the 95 % intervals over seeds and images of a row's means, ``acc_low``, ``acc_high`` and so on."""
    own = ("method", "backbone")
    by_seed = [[line for line in run.lines("images.csv") if all(line[k] == row[k] for k in own)] for run in runs]
    found: Row = {}
    for metric in of_level("image"):
        if metric.compared and row.get(metric.name) is not None:
            measured = over_seeds_and_things([of_images(metric, lines) for lines in by_seed if lines], row["images"])
            if measured is not None:
                least, most = metric.bounds or (-math.inf, math.inf)  # few seeds may stretch an interval beyond
                found[f"{metric.name}_low"] = max(least, measured.low)
                found[f"{metric.name}_high"] = min(most, measured.high)
    return found


def spread(values: Sequence[float | None]) -> float | None:
    """Sample standard deviation; None for one value or where one is unknown."""
    known = [value for value in values if value is not None]
    return statistics.stdev(known) if len(known) == len(values) > 1 else None
