"""The comparisons that runs made, over all their seeds at once."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from piaa_lightning.evaluation.image_evaluation import quoted_together
from piaa_lightning.evaluation.resampling import Indices, paired_interval
from piaa_lightning.evaluation.statistics import Comparison, compare, corrected
from piaa_lightning.metrics.registry import MAIN, Metric, find, labelled
from piaa_lightning.studies.measures import Measure, of_images, of_traits
from piaa_lightning.studies.rows import records_by_seed
from piaa_lightning.studies.runs import Lines, Run

SEED = 1000  # repeats of a further seed are numbered from its multiples


def comparisons(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return every comparison that any of the runs made.

    Those of users by one metric share Holm's correction, and so do those of images.

    Args:
        runs: evaluated on the same splits; seeds count as further repeats.
    """
    pooled = [
        replace(record, repeat=record.repeat + SEED * number)
        for number, records in enumerate(records_by_seed(runs).values())
        for record in records
    ]
    asked: dict[tuple[Any, ...], dict[str, Any]] = {}
    for run in runs:
        for c in run.summary["comparisons"]:
            asked.setdefault(_key(c), c)
    by_metric: dict[str, list[Comparison]] = {}
    images: list[dict[str, Any]] = []
    traits: list[dict[str, Any]] = []
    for c in asked.values():
        metric = metric_of(c)
        if "shots" in c:
            a, b = c.get("backbone_a"), c.get("backbone_b")
            name = c.get("metric", MAIN)
            found = compare(pooled, c["a"], c["b"], c["shots"], backbone_a=a, backbone_b=b, metric=name)
            by_metric.setdefault(found.metric, []).append(found)
        elif metric is not None and "images" in c:
            images.append(_over(c, [run.lines("images.csv") for run in runs], "image", metric, of_images))
        elif metric is not None:
            traits.append(_over(c, [run.lines("traits.csv") for run in runs], "user", metric, of_traits))
    rows = [
        {**asdict(one), "backbone": one.backbone_a, "low": one.ci95[0], "high": one.ci95[1]}
        for of_one_metric in by_metric.values()
        for one in corrected(of_one_metric)
    ]
    return rows + quoted_together(images) + traits


def metric_of(comparison: dict[str, Any]) -> Metric | None:
    """Return what a comparison of a summary was made by; None of a metric that is not known here.

    Earlier versions wrote the label alone, and compared users and traits by SROCC.
    """
    if "metric" in comparison:
        return find(comparison["metric"])
    return labelled(comparison["measure"]) if "images" in comparison else find(MAIN)


def _key(c: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(c.get(name) for name in ("a", "b", "backbone_a", "backbone_b", "shots", "metric", "measure"))


def _over(c: dict[str, Any], by_seed: list[Lines], unit: str, metric: Metric, measure: Measure) -> dict[str, Any]:
    """Compare two networks on the same things: the mean over seeds of the difference of a metric."""
    pairs = []
    count = 0
    for lines in by_seed:
        sides = [[line for line in lines if line["method"] == c[side]] for side in "ab"]
        if not all(sides):
            continue
        count = len({line[unit] for line in sides[0]})
        pairs.append([measure(metric, side) for side in sides])

    def difference(drawn: Indices) -> float:
        return statistics.fmean(a(drawn) - b(drawn) for a, b in pairs)

    found, (low, high), p = paired_interval(difference, count)
    units = "images" if unit == "image" else "users"
    told = {"a": c["a"], "b": c["b"], "measure": c["measure"]}
    return {**told, "difference": found, "low": low, "high": high, "p": p, units: count}
