"""What is kept of every single measurement: one row per method, backbone, shots, repeat and user."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.atomic import replace_file


@dataclass(frozen=True)
class Record:
    """One user, evaluated once.

    Args:
        method: what made the predictions, for instance ``BLG-PIAA``.
        backbone: the network underneath, empty where there is none.
        shots: ratings that the method was meant to see.
        repeat: number of the random split into support and query, from 0.
        user: hashed id, see :func:`hashed`.
        n_support: ratings that the method saw.
        n_query: ratings that it was evaluated on.
        srocc: rank correlation over the query set in [-1, 1], None when dropped.
        dropped: why there is no value, empty when there is one.
        pooled: this user's part of the SROCC over all users' pairs of the repeat; the parts sum to it. None when
            dropped, or where it was not taken.

    Raises:
        ValueError: both or neither of a value and a reason, or a value outside [-1, 1].
    """

    method: str
    backbone: str
    shots: int
    repeat: int
    user: str
    n_support: int
    n_query: int
    srocc: float | None
    dropped: str = ""
    pooled: float | None = None

    def __post_init__(self) -> None:
        if (self.srocc is None) != bool(self.dropped):
            raise ValueError(f"a record has either a value or a reason for having none, not {self}")
        if self.srocc is not None and not abs(self.srocc) <= 1:
            raise ValueError(f"a rank correlation lies in [-1, 1], not {self.srocc}")


COLUMNS = tuple(field.name for field in fields(Record))


def write_records(records: Iterable[Record], path: Path) -> None:
    """Write records as csv; equal records give equal bytes, and every number comes back as it was."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow("" if v is None else repr(float(v)) if isinstance(v, float) else v for v in astuple(record))
    replace_file(Path(path), text.getvalue().encode())


def write_table(lines: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write lines as csv, the columns those of the first; equal lines give equal bytes.

    Raises:
        ValueError: there is no line, or one has other columns.
    """
    columns = list(lines[0]) if lines else []
    if not columns or any(list(line) != columns for line in lines):
        raise ValueError(f"{path}: {len(lines)} lines, which must all have the same columns, {columns}")
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    replace_file(Path(path), text.getvalue().encode())


def read_records(path: Path) -> list[Record]:
    """Read what :func:`write_records` wrote.

    Raises:
        UserError: the file is missing, or a line is not a record.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); give the records.csv of a finished run.") from error
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows, [])
    if tuple(header) != COLUMNS:
        raise UserError(f"{path}, line 1: the columns must be {','.join(COLUMNS)}; give the records.csv of a run.")
    return [_record(row, f"{path}, line {rows.line_num}") for row in rows]


def _record(row: list[str], where: str) -> Record:
    try:
        method, backbone, shots, repeat, user, n_support, n_query, value, dropped, part = row
        srocc, pooled = float(value) if value else None, float(part) if part else None
        if math.isnan(srocc or 0) or math.isnan(pooled or 0):
            raise ValueError("NaN is not a value")
        counts = int(n_support), int(n_query)
        return Record(method, backbone, int(shots), int(repeat), user, *counts, srocc, dropped, pooled)
    except ValueError as error:
        raise UserError(f"{where}: not a record ({error}); restore the file or run the evaluation again.") from error
