"""Every test user's result as a table: what the figures of users show, number by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import user_matrix
from piaa_lightning.metrics.registry import MAIN, present
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.result_tables import ResultTable


def users_means(records: Sequence[Record], methods: Sequence[str]) -> list[dict[str, Any]]:
    """Return each user's mean and standard deviation over repeats, for each method, backbone and number of shots.

    Args:
        records: of one run.
        methods: which, in this order.

    Returns:
        ``user, method, backbone, shots, srocc, srocc_std_repeats, repeats, ...``, with a mean and a deviation for each
        metric of the records; None where a user has no value. ``repeats`` counts the values of SROCC.
    """
    groups: dict[tuple[str, str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.method, record.backbone, record.shots), []).append(record)
    rows: list[dict[str, Any]] = []
    for key in sorted(groups, key=lambda key: (key[0] not in methods, *key[1:])):
        if key[0] not in methods:
            continue
        told = dict(zip(("method", "backbone", "shots"), key, strict=True))
        by_user: dict[str, dict[str, Any]] = {}
        for metric in present("user", {record.metric for record in groups[key]}):
            users, _, matrix = user_matrix(groups[key], metric.name)
            for user, values in zip(users, matrix, strict=True):
                by_user.setdefault(user, {"user": user, **told}).update(_numbers(metric.name, values))
        rows += by_user.values()
    return sorted(rows, key=lambda row: methods.index(row["method"]))


def _numbers(name: str, values: NDArray[np.float64]) -> dict[str, float | int | None]:
    known = values[~np.isnan(values)]
    mean = float(known.mean()) if len(known) else None
    numbers = {name: mean, f"{name}_std_repeats": float(known.std(ddof=1)) if len(known) > 1 else None}
    return numbers | ({"repeats": len(known)} if name == MAIN else {})


def users_table(records: Sequence[Record], methods: Sequence[str]) -> ResultTable | None:
    """Lay out a line per user, the best of the first column first, and a column per method and number of shots.

    Args:
        records: of one run.
        methods: which, in this order.

    Returns:
        The table; None where the records hold none of the methods.
    """
    rows = users_means(records, methods)
    if not rows:
        return None
    several = {m for m in methods if len({row["backbone"] for row in rows if row["method"] == m}) > 1}
    columns: dict[str, dict[str, float | None]] = {}
    for row in rows:
        name = f"{row['method']} ({row['backbone']})" if row["method"] in several else row["method"]
        columns.setdefault(f"{name}, {row['shots']} shots", {})[row["user"]] = row[MAIN]
    first = next(iter(columns.values()))
    users = sorted({user for own in columns.values() for user in own}, key=lambda user: (_rank(first.get(user)), user))
    cells = [[user, *(decimal(own.get(user)) for own in columns.values())] for user in users]
    return ResultTable("users", "Every test user", ["user", *columns], cells)


def _rank(value: float | None) -> float:
    return np.inf if value is None else -value
