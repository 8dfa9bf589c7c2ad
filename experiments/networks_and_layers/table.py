"""The table of the README: each feature set, and how far it is ahead of MobileNetV2's last layer on the same people.

    python experiments/networks_and_layers/table.py

Reads ``records.csv.gz``; writes ``table.csv``, and ``short.csv`` for the README of the repository. A difference is of
the hierarchical process, paired over people and splits; its interval draws seeds, people and splits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.evaluation.comparison.over_seeds import OverSeeds, over_seeds_and_users
from piaa_lightning.evaluation.records import Record
from piaa_lightning.report.formatting import decimal, spread
from piaa_lightning.runtime.files.atomic import replace_file
from piaa_lightning.runtime.files.csv_file import csv_bytes
from piaa_lightning.studies.compact_records import read_compact

HERE = Path(__file__).parent
SHOTS, PROCESS, REFERENCE = (10, 100), "hierarchical process", "mobilenetv2"
FEATURES = {
    "mobilenetv2": "MobileNetV2",
    "nima": "NIMA",
    "efficientnet_lite2": "EfficientNet-Lite2",
    "two_networks": "MobileNetV2 + NIMA",
    "three_networks": "Lite2 + MobileNetV2 + NIMA",
    "mobilenetv2_before_last": "MobileNetV2, layer before the last",
    "mobilenetv2_two_layers": "MobileNetV2, both layers",
    "nima_two_layers": "NIMA, both layers",
}
SHORT = ("mobilenetv2", "two_networks", "three_networks")


def values_of(by_seed: dict[int, Sequence[Record]], method: str, shots: int) -> NDArray[np.float64]:
    """Return SROCC, ``(seeds, people, splits)``, NaN where a person's query ratings are all equal."""
    found = {
        (seed, record.user, record.repeat): np.nan if record.value is None else record.value
        for seed, records in by_seed.items()
        for record in records
        if (record.method, record.shots) == (method, shots)
    }
    users, repeats = sorted({user for _, user, _ in found}), sorted({repeat for *_, repeat in found})
    return np.array([[[found[seed, u, r] for r in repeats] for u in users] for seed in sorted(by_seed)])


def told(found: OverSeeds) -> str:
    """Return a mean and its spread over seeds."""
    return spread(found.mean, found.std_seeds or 0.0)


def with_interval(found: OverSeeds) -> str:
    """Return a difference with its 95 % interval."""
    low, high = (decimal(end, signed=True) for end in (found.low, found.high))
    return f"{decimal(found.mean, signed=True)} [{low}, {high}]"


def main() -> None:
    """Write ``table.csv`` and ``short.csv``."""
    known = read_compact(HERE)
    header = ["features"]
    for k in SHOTS:
        header += [f"generic, {k} ratings", f"ridge, {k}", f"hierarchical process, {k}", f"ahead of MobileNetV2, {k}"]
    rows: list[list[str]] = []
    for variant, features in FEATURES.items():
        row = [features]
        for shots in SHOTS:
            values = {m: values_of(known[variant], m, shots) for m in ("generic", "ridge", PROCESS)}
            row += [told(over_seeds_and_users(own)) for own in values.values()]
            if variant == REFERENCE:
                row.append("")
                continue
            ahead = over_seeds_and_users(values[PROCESS] - values_of(known[REFERENCE], PROCESS, shots))
            row.append(with_interval(ahead))
        rows.append(row)
    replace_file(HERE / "table.csv", csv_bytes(header, rows))
    replace_file(HERE / "short.csv", csv_bytes(*short_table(known)))


def short_table(known: dict[str, dict[int, Sequence[Record]]]) -> tuple[list[str], list[list[str]]]:
    """Return the generic and the personal model on each set of networks, and what the personal one gains."""
    header = ["networks", "for everybody"]
    for shots in SHOTS:
        header += [f"personal, {shots} ratings", f"gain, {shots}"]
    rows = []
    for variant in SHORT:
        generic = {shots: values_of(known[variant], "generic", shots) for shots in SHOTS}
        row = [FEATURES[variant], told(over_seeds_and_users(generic[SHOTS[0]]))]
        for shots in SHOTS:
            personal = values_of(known[variant], PROCESS, shots)
            row += [
                told(over_seeds_and_users(personal)),
                with_interval(over_seeds_and_users(personal - generic[shots])),
            ]
        rows.append(row)
    return header, rows


if __name__ == "__main__":
    main()
