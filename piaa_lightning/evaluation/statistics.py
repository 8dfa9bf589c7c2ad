"""From records to the numbers that are quoted: means with named spreads, and paired comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.bootstrap import bootstrap_interval
from piaa_lightning.evaluation.records import Record

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One line of the result table. A value is None where it is undefined (nobody counted, or one repeat only).

    Args:
        method: as in the records.
        backbone: as in the records.
        shots: as in the records.
        srocc: mean over repeats of the mean over users.
        srocc_median_users: median over users of each user's mean over repeats.
        srocc_pooled: mean over repeats of the SROCC over all users' pairs, which also asks for the users' levels.
        srocc_std_repeats: sample standard deviation over repeats of the mean over users (the +- of the talk).
        srocc_std_users: sample standard deviation over users of each user's mean over repeats.
        users: users with at least one value.
        repeats: repeats with at least one value.
        users_dropped: users without any value.
    """

    method: str
    backbone: str
    shots: int
    srocc: float | None
    srocc_median_users: float | None
    srocc_std_repeats: float | None
    srocc_std_users: float | None
    users: int
    repeats: int
    users_dropped: int
    srocc_pooled: float | None = None


@dataclass(frozen=True)
class Comparison:
    """``a`` less ``b`` on the same users and splits.

    Args:
        a: a method.
        b: the method that it is compared with.
        backbone_a: the backbone of ``a``.
        backbone_b: the backbone of ``b``.
        shots: ratings seen by both.
        difference: mean over users of each user's mean difference in SROCC over repeats.
        ci95: lower and upper end of the 95 % percentile bootstrap interval of ``difference``.
        p: two-sided Wilcoxon signed-rank test over the users' mean differences.
        users: users with a pair of values.
        repeats: repeats with a pair of values.
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
    p_holm: float | None = None


def user_matrix(records: Iterable[Record]) -> tuple[list[str], list[int], Floats]:
    """Arrange the records of one method, backbone and shot count.

    Returns:
        The users in order of appearance, the repeats in ascending order, and ``(users, repeats)`` values of SROCC,
        NaN where there is none.

    Raises:
        UserError: two records of the same user and repeat.
    """
    rows = list(records)
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
        matrix[users[r.user], repeats[r.repeat]] = np.nan if r.srocc is None else r.srocc
    return list(users), list(repeats), matrix


def summarise(records: Iterable[Record]) -> list[Row]:
    """Condense records to one row per method, backbone and shot count, in order of appearance.

    Raises:
        UserError: two records of the same method, backbone, shots, repeat and user.
    """
    groups: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.method, record.backbone, record.shots), []).append(record)
    return [replace(_row(*key, user_matrix(group)[2]), srocc_pooled=_pooled(group)) for key, group in groups.items()]


def _pooled(records: Sequence[Record]) -> float | None:
    """Sum every repeat's parts, and take the mean; None where a part was not taken."""
    evaluated = [record for record in records if not record.dropped]
    repeats = {record.repeat for record in evaluated}
    parts = [record.pooled for record in evaluated if record.pooled is not None]
    return sum(parts) / len(repeats) if evaluated and len(parts) == len(evaluated) else None


def _row(method: str, backbone: str, shots: int, matrix: Floats) -> Row:
    known = ~np.isnan(matrix)
    kept = matrix[known.any(axis=1)][:, known.any(axis=0)]
    if kept.size == 0:
        return Row(method, backbone, shots, None, None, None, None, 0, 0, len(matrix))
    of_users, of_repeats = np.nanmean(kept, axis=1), np.nanmean(kept, axis=0)
    return Row(
        method=method,
        backbone=backbone,
        shots=shots,
        srocc=float(of_repeats.mean()),
        srocc_median_users=float(np.median(of_users)),
        srocc_std_repeats=_std(of_repeats),
        srocc_std_users=_std(of_users),
        users=len(of_users),
        repeats=len(of_repeats),
        users_dropped=len(matrix) - len(of_users),
    )


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

    Raises:
        UserError: a method is not in the records, its backbone is ambiguous, the two were evaluated on different
            splits, or they share no pair of values.
    """
    rows = list(records)
    first = select(rows, a, shots, backbone_a)
    second = select(rows, b, shots, backbone_b)
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
    )


def select(records: Iterable[Record], method: str, shots: int, backbone: str | None = None) -> list[Record]:
    """Return the records of one method at one shot count, all with the same backbone.

    Raises:
        UserError: there are none, or several backbones and no word on which.
    """
    found = [r for r in records if r.method == method and r.shots == shots and backbone in (None, r.backbone)]
    names = sorted({r.backbone for r in found})
    if not found:
        with_backbone = "" if backbone is None else f" with {backbone}"
        raise UserError(f"The records hold no {method}{with_backbone} at {shots} shots; compare methods that were run.")
    if len(names) > 1:
        raise UserError(f"The records hold {method} with {', '.join(names)}; say which backbone to compare.")
    return found


def paired_differences(first: Sequence[Record], second: Sequence[Record]) -> tuple[list[str], list[int], Floats]:
    """Differences ``first - second`` of two methods' records at one shot count.

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
    users, repeats, left = user_matrix(first)
    others, _, right = user_matrix(second)
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
    """Return the comparisons with ``p_holm`` filled in: correct for all that are quoted together."""
    adjusted = holm([comparison.p for comparison in comparisons])
    return [replace(c, p_holm=p) for c, p in zip(comparisons, adjusted, strict=True)]
