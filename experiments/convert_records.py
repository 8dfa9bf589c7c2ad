"""Turn a ``records.csv`` from the wide form of earlier versions into the long one, or back.

    python experiments/convert_records.py FROM.csv TO.csv            # to the long form
    python experiments/convert_records.py --wide FROM.csv TO.csv     # back

The long form has a row for each metric; the wide one had a row for each user and repeat, with SROCC and its part of
the pooled SROCC in columns. Every number comes back as it was and rows keep their order, so a file that is turned there
and back is the same byte for byte. Other metrics have no place in the wide form and are left out. Finished runs need
not be turned: whatever reads records reads both.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import (
    WIDE_COLUMNS,
    WIDE_METRICS,
    Record,
    read_records,
    write_records,
)
from piaa_lightning.runtime.files.csv_file import write_csv


def main(arguments: list[str]) -> None:
    """Convert one file."""
    wide = "--wide" in arguments
    files = [Path(word) for word in arguments if word != "--wide"]
    if len(files) != 2:
        sys.exit("convert_records.py: give the file to read and the file to write; --wide turns back.")
    try:
        records = read_records(files[0])
        if wide:
            write_csv(files[1], WIDE_COLUMNS, wide_rows(records))
        else:
            write_records(records, files[1])
    except UserError as error:
        sys.exit(str(error))


def wide_rows(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Return a row for each user and repeat: records of one follow each other, each of another metric."""
    own: dict[str, Record] = {}
    for record in records:
        if record.metric not in WIDE_METRICS.values():
            continue
        if own and (record.metric in own or _measured(record) != _measured(next(iter(own.values())))):
            yield _wide(own)
            own = {}
        own[record.metric] = record
    if own:
        yield _wide(own)


def _measured(record: Record) -> tuple[object, ...]:
    counts = record.n_support, record.n_query
    return (record.method, record.backbone, record.shots, record.repeat, record.user, *counts)


def _wide(own: dict[str, Record]) -> tuple[object, ...]:
    values = {column: own[metric].value if metric in own else None for column, metric in WIDE_METRICS.items()}
    one = next(iter(own.values()))
    told = dict(zip(WIDE_COLUMNS, _measured(one), strict=False)) | values | {"dropped": one.dropped}
    return tuple(told[column] for column in WIDE_COLUMNS)


if __name__ == "__main__":
    main(sys.argv[1:])
