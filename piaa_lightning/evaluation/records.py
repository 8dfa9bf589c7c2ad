"""Records of single measurements: one row per method, backbone, shots, repeat, user and metric."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import find
from piaa_lightning.runtime.files.csv_file import write_csv


@dataclass(frozen=True)
class Record:
    """One user, evaluated once, by one metric.

    Args:
        method: what made the predictions, for instance ``BLG-PIAA``.
        backbone: the network underneath, empty where there is none.
        shots: ratings that the method was meant to see.
        repeat: number of the random split into support and query, from 0.
        user: hashed id, see :func:`hashed`.
        n_support: ratings that the method saw.
        n_query: ratings that it was evaluated on.
        metric: its name, see `metrics.registry`.
        value: of the metric over the query set; for a pooled metric the user's part of the value over all users' pairs
            of the repeat, which the parts sum to. None when dropped.
        dropped: why there is no value, empty when there is one.

    Raises:
        ValueError: both or neither of a value and a reason, or a value that the metric cannot have.
    """

    method: str
    backbone: str
    shots: int
    repeat: int
    user: str
    n_support: int
    n_query: int
    metric: str
    value: float | None
    dropped: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.dropped):
            raise ValueError(f"a record has either a value or a reason for having none, not {self}")
        if self.value is None:
            return
        if not math.isfinite(self.value):
            raise ValueError(f"{self.metric}={self.value}: this is no value; give None and a reason in dropped")
        known = find(self.metric)  # None of a metric that another package brings
        if known is not None and known.bounds is not None and not known.bounds[0] <= self.value <= known.bounds[1]:
            raise ValueError(f"{known.label} lies in [{known.bounds[0]}, {known.bounds[1]}], not at {self.value}")


COLUMNS = tuple(field.name for field in fields(Record))
# The wide form of earlier versions had a row for each user and repeat, and a column for each of its two metrics.
WIDE_COLUMNS = (*COLUMNS[:-3], "srocc", "dropped", "pooled")
WIDE_METRICS = {"srocc": "srocc", "pooled": "srocc_pooled"}


def write_records(records: Iterable[Record], path: Path) -> None:
    """Write records as csv; equal records give equal bytes, and every number comes back as it was."""
    write_csv(path, COLUMNS, map(astuple, records))


def write_table(lines: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write lines as csv, the columns those of the first; equal lines give equal bytes.

    Raises:
        ValueError: there is no line, or one has other columns.
    """
    columns = list(lines[0]) if lines else []
    if not columns or any(list(line) != columns for line in lines):
        raise ValueError(f"{path}: {len(lines)} lines, which must all have the same columns, {columns}")
    write_csv(path, columns, (list(line.values()) for line in lines))


def read_records(path: Path) -> list[Record]:
    """Read what :func:`write_records` wrote, or the wide form of earlier versions.

    Raises:
        UserError: the file is missing, or a line is not a record.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give the records.csv of a finished run.") from error
    rows = csv.reader(io.StringIO(text, newline=""))
    header = tuple(next(rows, []))
    if header not in (COLUMNS, WIDE_COLUMNS):
        raise UserError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}; give the records.csv of a run.")
    found: list[Record] = []
    for row in rows:
        try:
            found += _long(row) if header == COLUMNS else _of_wide(row)
        except ValueError as error:
            where = f"{path}, line {rows.line_num}"
            raise UserError(
                f"{where}: not a record ({error}); restore the file or run the evaluation again."
            ) from error
    return found


def _long(row: list[str]) -> Iterator[Record]:
    method, backbone, shots, repeat, user, n_support, n_query, metric, value, dropped = row
    counts = int(n_support), int(n_query)
    yield Record(method, backbone, int(shots), int(repeat), user, *counts, metric, _number(value), dropped)


def _of_wide(row: list[str]) -> Iterator[Record]:
    """A record for each metric that the row has a value for, or a reason for having none."""
    told = dict(zip(WIDE_COLUMNS, row, strict=True))
    for column, metric in WIDE_METRICS.items():
        if told[column] or told["dropped"] or column == "srocc":  # the part was not always taken
            yield from _long([*row[:7], metric, told[column], told["dropped"]])


def _number(text: str) -> float | None:
    return float(text) if text else None
