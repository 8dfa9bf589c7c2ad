"""The comparisons that runs made, over all their seeds at once."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from piaa_lightning.evaluation.image_evaluation import quoted_together
from piaa_lightning.evaluation.resampling import paired_interval
from piaa_lightning.evaluation.statistics import compare, corrected
from piaa_lightning.studies.measures import IMAGES, Drawn, Measure, trait_srocc
from piaa_lightning.studies.rows import records_by_seed
from piaa_lightning.studies.runs import Lines, Run

SEED = 1000  # repeats of a further seed are numbered from its multiples


def comparisons(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return every comparison that any of the runs made.

    Those of users share Holm's correction, and so do those of images that have the same measure.

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
    of_users = [
        compare(pooled, c["a"], c["b"], c["shots"], backbone_a=c.get("backbone_a"), backbone_b=c.get("backbone_b"))
        for c in asked.values()
        if "shots" in c
    ]
    rows = [
        {**asdict(found), "backbone": found.backbone_a, "measure": "SROCC", "low": found.ci95[0], "high": found.ci95[1]}
        for found in corrected(of_users)
    ]
    of_images, of_traits = [], []
    lines = [run.lines("images.csv") for run in runs]
    for c in asked.values():
        if "measure" in c and "images" in c:
            of_images.append(_over(c, lines, "image", IMAGES[c["measure"]]))
        elif "measure" in c:
            of_traits.append(_over(c, [run.lines("traits.csv") for run in runs], "user", trait_srocc))
    return rows + quoted_together(of_images) + of_traits


def _key(c: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(c.get(name) for name in ("a", "b", "backbone_a", "backbone_b", "shots", "measure"))


def _over(c: dict[str, Any], by_seed: list[Lines], unit: str, measure: Measure) -> dict[str, Any]:
    """Compare two networks on the same things: the mean over seeds of the difference of a measure."""
    pairs = []
    count = 0
    for lines in by_seed:
        sides = [[line for line in lines if line["method"] == c[side]] for side in "ab"]
        if not all(sides):
            continue
        count = len({line[unit] for line in sides[0]})
        pairs.append([measure(side) for side in sides])

    def difference(drawn: Drawn) -> float:
        return statistics.fmean(a(drawn) - b(drawn) for a, b in pairs)

    found, (low, high), p = paired_interval(difference, count)
    units = "images" if unit == "image" else "users"
    told = {"a": c["a"], "b": c["b"], "measure": c["measure"]}
    return {**told, "difference": found, "low": low, "high": high, "p": p, units: count}
