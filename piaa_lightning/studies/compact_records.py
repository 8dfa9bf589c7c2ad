"""Compact records of a study: enough to compute every interval of users anew."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.metrics.registry import MAIN
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.csv_file import csv_bytes

NAME = "records.csv.gz"
COLUMNS = ("variant", "seed", "method", "backbone", "shots", "user", "repeat", "n_query", MAIN)
BySeed = Mapping[int, Sequence[Record]]


def write_compact(found: Mapping[str, BySeed], directory: Path, instead_of: Collection[str] | None = None) -> None:
    """Write a study's records of the main metric, five digits each; equal records give equal bytes.

    Args:
        found: records by variant and seed.
        directory: of the study.
        instead_of: variants whose old lines go, while those of all others stay; None lets none stay.
    """
    rows = [row for variant, by_seed in found.items() for row in _rows(variant, by_seed)]
    path = directory / NAME
    old = [] if instead_of is None or not path.is_file() else [r for r in _lines(path) if r[0] not in instead_of]
    if rows or old:
        replace_file(path, gzip.compress(csv_bytes(COLUMNS, [*old, *rows]), mtime=0))
    else:
        path.unlink(missing_ok=True)


def read_compact(directory: Path) -> dict[str, dict[int, list[Record]]]:
    """Return a study's records by variant and seed.

    Raises:
        UserError: the study keeps none, or the file is damaged.
    """
    path = directory / NAME
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; run the study and collect its runs, which writes it.")
    found: dict[str, dict[int, list[Record]]] = {}
    try:
        for variant, seed, method, backbone, shots, user, repeat, n_query, value in _lines(path):
            known = (float(value), "") if value else (None, "no value")
            counts = int(shots), int(n_query)
            record = Record(method, backbone, int(shots), int(repeat), user, *counts, MAIN, *known)
            found.setdefault(variant, {}).setdefault(int(seed), []).append(record)
    except (ValueError, OSError, EOFError) as error:
        raise UserError(f"{path} is damaged ({error}); collect the study's runs again.") from error
    return found


def _rows(variant: str, by_seed: BySeed) -> Iterable[list[object]]:
    for seed, records in by_seed.items():
        own = [record for record in records if record.metric == MAIN]
        for r in sorted(own, key=lambda r: (r.method, r.backbone, r.shots, r.user, r.repeat)):
            value = "" if r.value is None else f"{r.value:.5f}"
            yield [variant, seed, r.method, r.backbone, r.shots, r.user, r.repeat, r.n_query, value]


def _lines(path: Path) -> list[list[str]]:
    with gzip.open(path, "rb") as file:
        rows = list(csv.reader(io.StringIO(file.read().decode("utf-8"), newline="")))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ValueError(f"its columns must be {','.join(COLUMNS)}")
    return rows[1:]
