"""From records to the numbers that are quoted: means with named spreads, and paired comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.bootstrap import bootstrap_interval
from piaa_lightning.evaluation.records import Record
from piaa_lightning.metrics.registry import MAIN, Metric, find

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """One metric of one method. A value is None where it is undefined (nobody counted, or one repeat only).

    Args:
        mean: over repeats of the mean over users; of a pooled metric, of the value over all users' pairs.
        median_users: median over users of each user's mean over repeats; None of a pooled metric.
        std_repeats: sample standard deviation over repeats of the mean over users, the published +-; likewise.
        std_users: sample standard deviation over users of each user's mean over repeats; likewise.
    """

    mean: float | None
    median_users: float | None = None
    std_repeats: float | None = None
    std_users: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of the result table.

    Args:
        method: as in the records.
        backbone: as in the records.
        shots: as in the records.
        metrics: by name, in the order of the records.
        users: users with at least one value of the first metric.
        repeats: repeats with at least one value of it.
        users_dropped: users without any value of it.
    """

    method: str
    backbone: str
    shots: int
    metrics: Mapping[str, Spread]
    users: int
    repeats: int
    users_dropped: int

    def flat(self) -> dict[str, Any]:
        """Return the row as ``summary.json`` has it: ``srocc, srocc_std_repeats, ...`` beside the other fields."""
        values: dict[str, Any] = {}
        for name, spread in self.metrics.items():
            values[name] = spread.mean
            if not pooled(name):
                values |= {f"{name}_{what}": value for what, value in asdict(spread).items() if what != "mean"}
        told = {"method": self.method, "backbone": self.backbone, "shots": self.shots, **values}
        return told | {"users": self.users, "repeats": self.repeats, "users_dropped": self.users_dropped}


@dataclass(frozen=True)
class Comparison:
    """``a`` less ``b`` on the same users and splits.

    Args:
        a: a method.
        b: the method that it is compared with.
        backbone_a: the backbone of ``a``.
        backbone_b: the backbone of ``b``.
        shots: ratings seen by both.
        difference: mean over users of each user's mean difference in the metric over repeats.
        ci95: lower and upper end of the 95 % percentile bootstrap interval of ``difference``.
        p: two-sided Wilcoxon signed-rank test over the users' mean differences.
        users: users with a pair of values.
        repeats: repeats with a pair of values.
        metric: its name.
        measure: its label.
        p_holm: ``p`` after Holm's correction over the comparisons quoted together, see :func:`corrected`.
    """

    a: str
    b: str
    backbone_a: str
    backbone_b: str
    shots: int
    difference: float
    ci95: tuple[float, float]
    p: float
    users: int
    repeats: int
    metric: str = MAIN
    measure: str = "SROCC"
    p_holm: float | None = None


def user_matrix(records: Iterable[Record], metric: str = MAIN) -> tuple[list[str], list[int], Floats]:
    """Arrange the records of one method, backbone and shot count.

    Args:
        records: of any metrics.
        metric: name of the one whose records are taken.

    Returns:
        The users in order of appearance, the repeats in ascending order, and ``(users, repeats)`` values of the metric,
        NaN where there is none.

    Raises:
        UserError: two records of the same user and repeat.
    """
    rows = [record for record in records if record.metric == metric]
    users = {user: index for index, user in enumerate(dict.fromkeys(r.user for r in rows))}
    repeats = {repeat: index for index, repeat in enumerate(sorted({r.repeat for r in rows}))}
    matrix = np.full((len(users), len(repeats)), np.nan)
    seen: set[tuple[str, int]] = set()
    for r in rows:
        if (r.user, r.repeat) in seen:
            raise UserError(
                f"The records hold {r.method} at {r.shots} shots twice for user {r.user}, repeat {r.repeat};"
                " give the records of one run."
            )
        seen.add((r.user, r.repeat))
        matrix[users[r.user], repeats[r.repeat]] = np.nan if r.value is None else r.value
    return list(users), list(repeats), matrix


def summarise(records: Iterable[Record]) -> list[Row]:
    """Condense records to one row per method, backbone and shot count, in order of appearance.

    Raises:
        UserError: two records of the same method, backbone, shots, repeat and user.
    """
    groups: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.method, record.backbone, record.shots), []).append(record)
    return [_row(key, group) for key, group in groups.items()]


def _row(key: tuple[str, str, int], records: Sequence[Record]) -> Row:
    by_name: dict[str, list[Record]] = {}
    for record in records:
        by_name.setdefault(record.metric, []).append(record)
    matrices = {name: user_matrix(own, name)[2] for name, own in by_name.items()}
    evaluated = {(record.user, record.repeat) for record in records if record.value is not None}
    metrics = {
        name: _sum_of_parts(own, evaluated) if pooled(name) else _spread(matrices[name])
        for name, own in by_name.items()
    }
    first = next(iter(matrices.values()))
    users = int((~np.isnan(first)).any(axis=1).sum())
    return Row(*key, metrics, users, int((~np.isnan(first)).any(axis=0).sum()), len(first) - users)


def pooled(name: str) -> bool:
    """Whether records hold users' parts of a metric; one that is not known here is taken for one of single users."""
    metric = find(name)
    return metric is not None and not metric.of_single_users


def _sum_of_parts(records: Sequence[Record], evaluated: set[tuple[str, int]]) -> Spread:
    """Sum every repeat's parts, and take the mean; None where a part was not taken."""
    parts = [record.value for record in records if record.value is not None]
    repeats = {repeat for _, repeat in evaluated}
    return Spread(sum(parts) / len(repeats) if evaluated and len(parts) == len(evaluated) else None)


def _spread(matrix: Floats) -> Spread:
    known = ~np.isnan(matrix)
    kept = matrix[known.any(axis=1)][:, known.any(axis=0)]
    if kept.size == 0:
        return Spread(None)
    of_users, of_repeats = np.nanmean(kept, axis=1), np.nanmean(kept, axis=0)
    return Spread(float(of_repeats.mean()), float(np.median(of_users)), _std(of_repeats), _std(of_users))


def _std(values: Floats) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None


def compare(
    records: Iterable[Record],
    a: str,
    b: str,
    shots: int,
    *,
    backbone_a: str | None = None,
    backbone_b: str | None = None,
    samples: int = 10_000,
    seed: int = 0,
    metric: str = MAIN,
) -> Comparison:
    """Compare two methods on the pairs of (user, repeat) that both have a value for.

    Args:
        records: records that hold both methods.
        a: a method.
        b: the method that it is compared with.
        shots: ratings seen by both.
        backbone_a: the backbone of ``a``; needed only where the records hold several.
        backbone_b: the backbone of ``b``; needed only where the records hold several.
        samples: bootstrap samples.
        seed: of the bootstrap.
        metric: name of the one that they are compared by.

    Raises:
        UserError: a method is not in the records, its backbone is ambiguous, the two were evaluated on different
            splits, or they share no pair of values.
    """
    rows = [record for record in records if record.metric == metric]
    first = select(rows, a, shots, backbone_a, metric)
    second = select(rows, b, shots, backbone_b, metric)
    users, repeats, differences = paired_differences(first, second)
    low, high = bootstrap_interval(differences, samples=samples, seed=seed)
    of_users = np.nanmean(differences, axis=1)
    return Comparison(
        a=a,
        b=b,
        backbone_a=first[0].backbone,
        backbone_b=second[0].backbone,
        shots=shots,
        difference=float(of_users.mean()),
        ci95=(low, high),
        p=signed_rank_p(of_users),
        users=len(users),
        repeats=len(repeats),
        metric=metric,
        measure=label_of(metric),
    )


def label_of(name: str) -> str:
    """Return a metric's label, or the name of one that is not known here."""
    known = find(name)
    return name if known is None else known.label


def compare_pairs(
    records: Sequence[Record], pairs: Sequence[tuple[str, str]], shots: Sequence[int], metrics: Sequence[Metric]
) -> list[Comparison]:
    """Compare pairs of methods wherever both have a value, with Holm's correction over those of one metric.

    Args:
        records: of one run.
        pairs: of methods.
        shots: support sizes.
        metrics: of users, of which those that are for comparing are taken.
    """
    found = []
    for metric in metrics:
        if metric.compared and metric.of_single_users:
            known = {(r.method, r.shots) for r in records if r.metric == metric.name and r.value is not None}
            wanted = [(a, b, k) for k in shots for a, b in pairs if {(a, k), (b, k)} <= known]
            found += corrected([compare(records, a, b, k, metric=metric.name) for a, b, k in wanted])
    return found


def select(
    records: Iterable[Record], method: str, shots: int, backbone: str | None = None, metric: str = MAIN
) -> list[Record]:
    """Return the records of one method at one shot count and of one metric, all with the same backbone.

    Raises:
        UserError: there are none, or several backbones and no word on which.
    """
    own = (r for r in records if r.metric == metric and r.method == method and r.shots == shots)
    found = [r for r in own if backbone in (None, r.backbone)]
    names = sorted({r.backbone for r in found})
    if not found:
        with_backbone = "" if backbone is None else f" with {backbone}"
        raise UserError(f"The records hold no {method}{with_backbone} at {shots} shots; compare methods that were run.")
    if len(names) > 1:
        raise UserError(f"The records hold {method} with {', '.join(names)}; say which backbone to compare.")
    return found


def paired_differences(first: Sequence[Record], second: Sequence[Record]) -> tuple[list[str], list[int], Floats]:
    """Differences ``first - second`` of two methods' records at one shot count and of one metric.

    Returns:
        The users and repeats that have a pair, and ``(users, repeats)`` differences, NaN where a pair is missing.

    Raises:
        UserError: the two were evaluated on different splits, or share no pair of values.
    """
    a, b, shots = first[0].method, second[0].method, first[0].shots
    if {(r.user, r.repeat, r.n_query) for r in first} != {(r.user, r.repeat, r.n_query) for r in second}:
        raise UserError(
            f"{a} and {b} at {shots} shots were evaluated on different splits (users, repeats or query sizes differ);"
            " run both on the same split and compare again."
        )
    users, repeats, left = user_matrix(first, first[0].metric)
    others, _, right = user_matrix(second, first[0].metric)
    differences = left - right[[others.index(user) for user in users]]
    known: NDArray[np.bool_] = ~np.isnan(differences)
    if not known.any():
        raise UserError(f"{a} and {b} at {shots} shots have no user in common with a value; use larger query sets.")
    keep_users, keep_repeats = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    return (
        [users[index] for index in keep_users],
        [repeats[index] for index in keep_repeats],
        differences[np.ix_(keep_users, keep_repeats)],
    )


def signed_rank_p(differences: Floats) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test, 1.0 when every difference is zero.

    Args:
        differences: ``(users,)`` mean differences. They are rounded to 12 digits first, so that differences which
            are equal but for the last bits of a mean share their rank.
    """
    rounded = np.round(differences, 12)
    if not rounded.any():
        return 1.0
    return float(stats.wilcoxon(rounded).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction for several tests (Holm 1979), in the order given.

    Args:
        p_values: in [0, 1].

    Returns:
        Corrected values in [0, 1]: reject those below the level and the chance of any false rejection is below it.
    """
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    stepped = np.minimum(np.maximum.accumulate(np.asarray(p_values, dtype=np.float64)[order] * factors), 1.0)
    result = np.empty(len(p_values))
    result[order] = stepped
    return [float(p) for p in result]


def corrected(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons with ``p_holm`` filled in: correct for all that are quoted together, of one metric."""
    adjusted = holm([comparison.p for comparison in comparisons])
    return [replace(c, p_holm=p) for c, p in zip(comparisons, adjusted, strict=True)]
