"""The comparisons that runs made, over all their seeds at once; seeds are a level of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.over_seeds import (
    OfDrawn,
    OverSeeds,
    over_seeds_and_things,
    over_seeds_and_users,
)
from piaa_lightning.evaluation.image_evaluation import quoted_together
from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import Floats, holm, label_of, paired_differences, select, signed_rank_p
from piaa_lightning.metrics.registry import MAIN, Metric, find, labelled
from piaa_lightning.studies.measures import Measure, of_images, of_traits
from piaa_lightning.studies.rows import records_by_seed
from piaa_lightning.studies.runs import Lines, Run

Row = dict[str, Any]
BySeed = Mapping[int, Sequence[Record]]


def comparisons(runs: Sequence[Run]) -> list[Row]:
    """Return every comparison that any of the runs made.

    Those of users by one metric share Holm's correction, and so do those of images.

    Args:
        runs: evaluated on the same splits.
    """
    by_seed = records_by_seed(runs)
    asked: dict[tuple[Any, ...], Row] = {}
    for run in runs:
        for c in run.summary["comparisons"]:
            asked.setdefault(_key(c), c)
    users: list[Row] = []
    images: list[Row] = []
    traits: list[Row] = []
    for c in asked.values():
        metric = metric_of(c)
        if "shots" in c:
            backbones = c.get("backbone_a"), c.get("backbone_b")
            users.append(compare_users(by_seed, c["a"], c["b"], c["shots"], *backbones, c.get("metric", MAIN)))
        elif metric is not None and "images" in c:
            images.append(_over(c, [run.lines("images.csv") for run in runs], "image", metric, of_images))
        elif metric is not None:
            traits.append(_over(c, [run.lines("traits.csv") for run in runs], "user", metric, of_traits))
    return with_holm(users) + quoted_together(images) + traits


def compare_users(
    by_seed: BySeed,
    a: str,
    b: str,
    shots: int,
    backbone_a: str | None = None,
    backbone_b: str | None = None,
    metric: str = MAIN,
) -> Row:
    """Compare two methods on the users and splits that all seeds have in common.

    Args:
        by_seed: records of each seed.
        a: a method.
        b: the method that it is compared with.
        shots: ratings seen by both.
        backbone_a: the backbone of ``a``; needed only where the records hold several.
        backbone_b: the backbone of ``b``; likewise.
        metric: name of the one that they are compared by.

    Returns:
        A line of ``comparisons.csv``. Of one seed, p is Wilcoxon's over users: it holds for these networks alone.

    Raises:
        UserError: no seed has both methods, or they were evaluated on different splits.
    """
    differences, backbone = differences_by_seed(by_seed, a, b, shots, backbone_a, backbone_b, metric)
    found = over_seeds_and_users(differences)
    known: NDArray[np.bool_] = ~np.isnan(differences.sum(axis=0))
    told = _line(found, signed_rank_p(np.nanmean(differences[0], axis=1)) if found.seeds == 1 else found.p)
    names = {"a": a, "b": b, "backbone": backbone, "metric": metric, "measure": label_of(metric), "shots": shots}
    return {**names, **told, "users": int(known.any(axis=1).sum()), "repeats": int(known.any(axis=0).sum())}


def differences_by_seed(
    by_seed: BySeed, a: str, b: str, shots: int, backbone_a: str | None, backbone_b: str | None, metric: str
) -> tuple[Floats, str]:
    """Return ``(seeds, users, repeats)`` differences in a metric, NaN where there is none, and the backbone of ``a``.

    Raises:
        UserError: no seed has both methods, or they were evaluated on different splits.
    """
    made, backbone, missing = [], "", None
    for records in by_seed.values():
        try:
            sides = [select(records, m, shots, net, metric) for m, net in ((a, backbone_a), (b, backbone_b))]
        except UserError as error:  # one that another seed may have
            missing = error
            continue
        backbone = sides[0][0].backbone
        made.append(paired_differences(*sides))
    if not made:
        raise missing or UserError(f"There are no records of {a} and {b} at {shots} shots.")
    users = sorted({user for own, _, _ in made for user in own})  # the draws hold whatever the order of records
    repeats = sorted({repeat for _, own, _ in made for repeat in own})
    found = np.full((len(made), len(users), len(repeats)), np.nan)
    for number, (own_users, own_repeats, values) in enumerate(made):
        places = np.ix_([users.index(user) for user in own_users], [repeats.index(repeat) for repeat in own_repeats])
        found[number][places] = values
    return found, backbone


def with_holm(rows: Sequence[Row]) -> list[Row]:
    """Fill in Holm's correction of comparisons of users, for each metric over all that were compared by it."""
    corrected = [dict(row) for row in rows]
    for metric in dict.fromkeys(row["metric"] for row in corrected):
        own = [row for row in corrected if row["metric"] == metric]
        for row, p in zip(own, holm([row["p"] for row in own]), strict=True):
            row["p_holm"] = p
    return corrected


def metric_of(comparison: Row) -> Metric | None:
    """Return what a comparison of a summary was made by; None of a metric that is not known here.

    Earlier versions wrote the label alone, and compared users and traits by SROCC.
    """
    if "metric" in comparison:
        return find(comparison["metric"])
    return labelled(comparison["measure"]) if "images" in comparison else find(MAIN)


def _key(c: Row) -> tuple[Any, ...]:
    return tuple(c.get(name) for name in ("a", "b", "backbone_a", "backbone_b", "shots", "metric", "measure"))


def _over(c: Row, by_seed: list[Lines], unit: str, metric: Metric, measure: Measure) -> Row:
    """Compare two networks on the same things: the mean over seeds of the difference of a metric."""
    differences: list[OfDrawn] = []
    count = 0
    for lines in by_seed:
        sides = [[line for line in lines if line["method"] == c[side]] for side in "ab"]
        if all(sides):
            count = len({line[unit] for line in sides[0]})
            differences.append(_less(*(measure(metric, side) for side in sides)))
    found = over_seeds_and_things(differences, count) if differences else None
    nothing = float("nan")
    told = _line(found or OverSeeds(nothing, nothing, nothing, 1.0, len(differences)))
    names = {"a": c["a"], "b": c["b"], "measure": c["measure"]}
    return {**names, **told, "images" if unit == "image" else "users": count}


def _less(a: OfDrawn, b: OfDrawn) -> OfDrawn:
    return lambda drawn: a(drawn) - b(drawn)


def _line(found: OverSeeds, p: float | None = None) -> Row:
    """Return the columns that a comparison over seeds has in ``comparisons.csv``."""
    return {
        "difference": found.mean,
        "difference_std_seeds": found.std_seeds,
        "low": found.low,
        "high": found.high,
        "t_low": found.t_low,
        "t_high": found.t_high,
        "p": found.p if p is None else p,
        "t_p": found.t_p,
        "seeds": found.seeds,
    }
