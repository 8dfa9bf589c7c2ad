import csv
import sys
from pathlib import Path

import pytest

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record
from piaa_lightning.studies.compact_records import NAME, read_compact, write_compact
from piaa_lightning.studies.pairs import compare_users, with_holm

ROOT = Path(__file__).parents[2]


def records(seed, methods="AB"):
    return [
        Record(
            m,
            "net",
            10,
            repeat,
            f"u{user}",
            10,
            30,
            "srocc",
            ((7 * user + 3 * repeat + 5 * seed) % 11 + (m == "A")) / 20,
        )
        for m in methods
        for user in range(6)
        for repeat in range(2)
    ]


def by_seed(seeds=5):
    return {seed: records(seed) for seed in range(seeds)}


def test_records_come_back_and_equal_ones_give_equal_bytes(tmp_path):
    dropped = Record("C", "", 10, 0, "u0", 10, 3, "srocc", None, "too few")
    write_compact({"one": {0: [*records(0), dropped]}}, tmp_path)
    before = (tmp_path / NAME).read_bytes()
    found = read_compact(tmp_path)["one"][0]
    told = {(r.method, r.user, r.repeat): r.value for r in found}
    assert told == {(r.method, r.user, r.repeat): r.value for r in [*records(0), dropped]}
    write_compact({"one": {0: [dropped, *records(0)[::-1]]}}, tmp_path)
    assert (tmp_path / NAME).read_bytes() == before


def test_variants_that_are_not_named_stay(tmp_path):
    write_compact({"one": by_seed(1), "two": by_seed(2)}, tmp_path)
    write_compact({"two": by_seed(3)}, tmp_path, ["two"])
    found = read_compact(tmp_path)
    assert {name: len(own) for name, own in found.items()} == {"one": 1, "two": 3}
    write_compact({}, tmp_path)
    with pytest.raises(UserError, match=r"no such file; run the study"):
        read_compact(tmp_path)


def test_a_damaged_file_is_a_sentence(tmp_path):
    (tmp_path / NAME).write_bytes(b"no gzip")
    with pytest.raises(UserError, match="is damaged"):
        read_compact(tmp_path)


@pytest.fixture
def intervals(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "experiments"))
    import intervals

    yield intervals
    del sys.modules["intervals"]


def test_every_interval_is_computed_anew_and_one_that_differs_is_told(intervals, tmp_path, capsys):
    write_compact({"one": by_seed()}, tmp_path)
    row = {"variant": "one", **with_holm([compare_users(by_seed(), "A", "B", 10)])[0]}

    def write(changed):
        with (tmp_path / "comparisons.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow({k: f"{v:.4f}" if isinstance(v, float) else v for k, v in (row | changed).items()})

    write({})
    intervals.main([str(tmp_path)])
    assert "one: A - B at 10 shots: +0.0500" in capsys.readouterr().out
    write({"low": row["low"] - 0.01})
    with pytest.raises(SystemExit, match="A - B at 10 shots"):
        intervals.main([str(tmp_path)])
