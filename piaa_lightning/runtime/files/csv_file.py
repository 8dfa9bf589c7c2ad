"""Write csv files: equal rows give equal bytes, and every number comes back as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from piaa_lightning.runtime.files.atomic import replace_file


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    r"""Return rows as csv with a header.

    Args:
        columns: names of the columns.
        rows: one value for each column. None is blank; a float has all its digits, whichever library it is of.

    Raises:
        ValueError: a row has more or fewer values than there are columns.

    Example:
        >>> csv_text(["image", "score"], [("a,b.jpg", 0.1), ("c.jpg", None)])
        'image,score\n"a,b.jpg",0.1\nc.jpg,\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"{len(row)} values for the {len(columns)} columns {','.join(columns)}: {row}")
        writer.writerow("" if v is None else repr(float(v)) if isinstance(v, float) else v for v in row)
    return text.getvalue()


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Return what `write_csv` writes: UTF-8, and names of files that are none with the bytes that the disk has."""
    return csv_text(columns, rows).encode(errors="surrogateescape")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as a csv file that is whole or not there.

    Args:
        path: of the file; its directory is made.
        columns: names of the columns.
        rows: as in `csv_text`.

    Raises:
        ValueError: a row has more or fewer values than there are columns.
        OSError: the file cannot be written.
    """
    replace_file(path, csv_bytes(columns, rows))
