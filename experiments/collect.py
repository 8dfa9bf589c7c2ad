"""Collect runs into a study: ``python experiments/collect.py STUDY_DIRECTORY VARIANT=RUNS_DIRECTORY ...``.

For each variant the newest finished run of every seed below its directory is taken, and the tables of the study are
written anew: ``results.csv`` (people), ``pictures.csv`` and ``traits.csv`` (networks judged as they are), and
``comparisons.csv``. Runs of several seeds are judged on the same splits: a row is their mean, and a comparison is
paired over users and splits, or pictures, with every seed as further repeats. A run without ``summary.json`` did not
finish and is passed over.
"""

from __future__ import annotations

import csv
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from piaa_lightning.evaluation.picture_exam import KEYS
from piaa_lightning.evaluation.records import Record, read_records
from piaa_lightning.evaluation.resampling import interval, paired_interval
from piaa_lightning.evaluation.statistics import compare, corrected, summarise
from piaa_lightning.evaluation.talk import TalkPictures, talk_pictures_of
from piaa_lightning.metrics.accuracy import accuracy
from piaa_lightning.metrics.srocc import srocc

Lines = list[dict[str, str]]
SHARED = ("variant", "data", "seeds", "split_hash")
PEOPLE = ("method", "backbone", "shots", "srocc", "srocc_std_repeats", "srocc_std_seeds", "srocc_std_users")
PEOPLE += ("users", "repeats", "users_dropped")
PICTURES = (
    "method",
    "backbone",
    "acc",
    "balanced_acc",
    "srocc",
    "srocc_std_seeds",
    "plcc",
    "emd_r1",
    "emd_r2",
    *(f"{measure}_{end}" for measure in ("acc", "srocc", "emd_r1") for end in ("low", "high")),
    "talk",
    "images",
)
TRAITS = ("method", "backbone", "trait", "srocc", "srocc_std_seeds", "rmse", "users")
COMPARISONS = ("a", "b", "measure", "shots", "difference", "low", "high", "p", "p_holm", "users", "images", "repeats")


@dataclass
class Run:
    """One finished run.

    Args:
        directory: of it.
        summary: its ``summary.json``.
    """

    directory: Path
    summary: dict[str, Any]

    def lines(self, name: str) -> Lines:
        """Read one of its csv files; nothing where it has none."""
        path = self.directory / name
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


def main(arguments: list[str]) -> None:
    """Write the tables of a study."""
    if len(arguments) < 2:
        sys.exit(str(__doc__).splitlines()[0])
    study = Path(arguments[0])
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for argument in arguments[1:]:
        variant, _, directory = argument.partition("=")
        runs = newest_runs(Path(directory))
        one = runs[0].summary
        shared = {"variant": variant, "data": one["data"], "seeds": len(runs), "split_hash": one["split_hash"]}
        for name, rows in (
            ("results", people(runs)),
            ("pictures", exams(runs, "images")),
            ("traits", exams(runs, "trait")),
        ):
            tables[name] += [{**shared, **row} for row in rows]
        tables["comparisons"] += [{**shared, **row} for row in comparisons(runs)]
    for name, columns in (
        ("results", PEOPLE),
        ("pictures", PICTURES),
        ("traits", TRAITS),
        ("comparisons", COMPARISONS),
    ):
        path = study / f"{name}.csv"
        if tables[name]:
            write(path, (*SHARED, *columns), tables[name])
        else:
            path.unlink(missing_ok=True)


def newest_runs(directory: Path) -> list[Run]:
    """Read the newest finished run of every seed below a directory.

    Exits where there is none, or where the runs were judged on different splits.
    """
    found: dict[int, Run] = {}
    for path in sorted(directory.glob("**/summary.json"), key=lambda path: path.stat().st_mtime):
        summary = json.loads(path.read_text())
        found[summary["seed"]] = Run(path.parent, summary)
    if not found:
        sys.exit(f"{directory}: there is no finished run (no summary.json below it); run the study's commands first.")
    if len({(run.summary["split_hash"], run.summary["data"]) for run in found.values()}) > 1:
        sys.exit(f"{directory}: the seeds were judged on different splits or data; run them again with the same.")
    return [found[seed] for seed in sorted(found)]


def people(runs: list[Run]) -> list[dict[str, Any]]:
    """Return the rows of people: means over seeds, their spread over repeats, seeds and users."""
    by_seed = [read_records(run.directory / "records.csv") for run in runs]
    of_seed = [{(row.method, row.backbone, row.shots): row.srocc for row in summarise(records)} for records in by_seed]
    rows = []
    for row in summarise(mean_over_seeds(by_seed)):
        values = [found.get((row.method, row.backbone, row.shots)) for found in of_seed]
        rows.append({**asdict(row), "srocc_std_seeds": spread(values)})
    return rows


def mean_over_seeds(by_seed: list[list[Record]]) -> list[Record]:
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


def exams(runs: list[Run], kind: str) -> list[dict[str, Any]]:
    """Return the rows of networks judged as they are, of one kind: means over seeds."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for run in runs:
        for row in run.summary["rows"]:
            if kind in row and "shots" not in row:
                groups.setdefault((row["method"], row["backbone"], row.get("trait")), []).append(row)
    rows = []
    for group in groups.values():
        mean = {
            key: statistics.fmean(row[key] for row in group)
            for key in ("acc", "balanced_acc", "srocc", "plcc", "emd_r1", "emd_r2", "rmse")
            if all(row.get(key) is not None for row in group)
        }
        row = {**group[0], **mean, "srocc_std_seeds": spread([row["srocc"] for row in group])}
        rows.append({**row, **of_images(runs, row)} if kind == "images" else row)
    return rows


def of_images(runs: list[Run], row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row of pictures has besides: intervals over pictures of means over seeds; the talk's numbers."""
    own = ("method", "backbone")
    by_seed = [[line for line in run.lines("pictures.csv") if all(line[k] == row[k] for k in own)] for run in runs]
    found: dict[str, Any] = {"talk": "; ".join(map(worded, talk_pictures_of(row["method"])))}
    for name, measure in PICTURE_MEASURES.items():
        if row.get(KEYS[name]) is not None:
            ends = interval(mean_of([measure(lines) for lines in by_seed]), row["images"])
            found |= {f"{KEYS[name]}_{end}": value for end, value in zip(("low", "high"), ends or (), strict=False)}
    return found


def mean_of(measures: list[Callable[[np.ndarray], float]]) -> Callable[[np.ndarray], float]:
    """Turn one measure for each seed into their mean."""
    return lambda drawn: statistics.fmean(measure(drawn) for measure in measures)


def worded(talk: TalkPictures) -> str:
    """Write the talk's ACC, SROCC and EMD of a row, with its backbone where it names one."""
    values = (talk.acc, talk.srocc, talk.emd)
    numbers = " / ".join("–" if value is None else f"{value:.3f}".removeprefix("0") for value in values)
    _, _, inside = talk.method.partition("(")
    net = talk.method.split("(")[0] if "(aesthetics)" in talk.method else inside.strip(")")
    return f"{numbers} {net}" if net and "improved" not in net else numbers


def spread(values: list[float | None]) -> float | None:
    """Sample standard deviation over seeds; None for one seed or where one has no value."""
    known = [value for value in values if value is not None]
    return statistics.stdev(known) if len(known) == len(values) > 1 else None


def comparisons(runs: list[Run]) -> list[dict[str, Any]]:
    """Return the comparisons that the runs made, over all seeds at once."""
    pairs = [c for c in runs[0].summary["comparisons"]]
    pooled = [
        replace(record, repeat=record.repeat + 1000 * number)
        for number, run in enumerate(runs)
        for record in read_records(run.directory / "records.csv")
    ]
    of_people = corrected([compare(pooled, c["a"], c["b"], c["shots"]) for c in pairs if "shots" in c])
    rows = [{**asdict(found), "measure": "SROCC", "low": found.ci95[0], "high": found.ci95[1]} for found in of_people]
    for c in pairs:
        if "measure" in c and "images" in c:
            rows.append(over(c, [run.lines("pictures.csv") for run in runs], "image", PICTURE_MEASURES[c["measure"]]))
        elif "measure" in c:
            rows.append(over(c, [run.lines("traits.csv") for run in runs], "user", trait_srocc))
    return rows


def over(
    c: dict[str, Any], by_seed: list[Lines], unit: str, measure: Callable[[Lines], Callable[[np.ndarray], float]]
) -> dict[str, Any]:
    """Compare two networks on the same things: the mean over seeds of the difference of a measure."""
    pairs = []
    count = 0
    for lines in by_seed:
        sides = [[line for line in lines if line["method"] == c[side]] for side in "ab"]
        count = len({line[unit] for line in sides[0]})
        pairs.append([measure(side) for side in sides])

    def difference(drawn: np.ndarray) -> float:
        return statistics.fmean(a(drawn) - b(drawn) for a, b in pairs)

    found, (low, high), p = paired_interval(difference, count)
    units = "images" if unit == "image" else "users"
    return {
        "a": c["a"],
        "b": c["b"],
        "measure": c["measure"],
        "difference": found,
        "low": low,
        "high": high,
        "p": p,
        units: count,
    }


def of_pictures(function: Callable[..., float]) -> Callable[[Lines], Callable[[np.ndarray], float]]:
    """Turn a function of predictions, scores, cut and the predictions' own cut into a measure of drawn pictures."""

    def measure(lines: Lines) -> Callable[[np.ndarray], float]:
        predicted, scores = (np.array([float(line[key]) for line in lines]) for key in ("predicted", "score"))
        cut, own = (float(lines[0][key]) for key in ("cut", "predicted_cut"))
        return lambda drawn: function(predicted[drawn], scores[drawn], cut, own)

    return measure


def distance(lines: Lines) -> Callable[[np.ndarray], float]:
    """Mean EMD with r=1 of drawn pictures."""
    values = np.array([float(line["emd_r1"]) for line in lines])
    return lambda drawn: float(values[drawn].mean())


def trait_srocc(lines: Lines) -> Callable[[np.ndarray], float]:
    """Mean over traits of the SROCC over drawn people."""
    traits = list(dict.fromkeys(line["trait"] for line in lines))
    arrays = [
        tuple(np.array([float(line[key]) for line in lines if line["trait"] == name]) for key in ("predicted", "value"))
        for name in traits
    ]
    return lambda drawn: statistics.fmean(srocc(predicted[drawn], value[drawn]) for predicted, value in arrays)


PICTURE_MEASURES = {
    "ACC": of_pictures(accuracy),
    "SROCC": of_pictures(lambda predicted, scores, *cuts: srocc(predicted, scores)),
    "EMD r=1": distance,
}


def write(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Write a csv with four digits, so that a diff shows what really changed."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()})


if __name__ == "__main__":
    main(sys.argv[1:])
