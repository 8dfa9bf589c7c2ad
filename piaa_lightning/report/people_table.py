"""Every test person's result as a table: what the figures of people show, number by number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from piaa_lightning.evaluation.records import Record
from piaa_lightning.evaluation.statistics import user_matrix
from piaa_lightning.report.result_tables import ResultTable
from piaa_lightning.report.wording import decimal


def people_table(records: Sequence[Record], methods: Sequence[str]) -> ResultTable | None:
    """Lay out a line per person, the best of the first column first, and a column per method and number of shots.

    Args:
        records: of one run.
        methods: which, in this order.

    Returns:
        The table; None where the records hold none of the methods.
    """
    columns: dict[str, dict[str, float]] = {}
    for method in methods:
        own = [record for record in records if record.method == method]
        for backbone in dict.fromkeys(record.backbone for record in own):
            name = f"{method} ({backbone})" if len({record.backbone for record in own}) > 1 else method
            for shots in sorted({record.shots for record in own}):
                group = [record for record in own if (record.backbone, record.shots) == (backbone, shots)]
                users, _, matrix = user_matrix(group)
                known = ~np.isnan(matrix).all(axis=1)
                means = np.full(len(users), np.nan)
                means[known] = np.nanmean(matrix[known], axis=1)
                columns[f"{name}, {shots} shots"] = dict(zip(users, means.tolist(), strict=True))
    if not columns:
        return None
    first = next(iter(columns.values()))
    people = sorted({user for own in columns.values() for user in own}, key=lambda user: (_rank(first, user), user))
    cells = [[user, *(decimal(own.get(user)) for own in columns.values())] for user in people]
    return ResultTable("people", "Every test person", ["person", *columns], cells)


def _rank(values: dict[str, float], user: str) -> float:
    value = values.get(user, np.nan)
    return np.inf if np.isnan(value) else -value
