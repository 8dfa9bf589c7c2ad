import csv
import hashlib

import numpy as np
import pytest

from piaa_lightning.data.ratings import hashed
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.records import Record, read_records, write_records, write_table

SOME = [
    Record("BLG-PIAA", "resnet18", 10, 0, hashed("A1"), 10, 90, "srocc", 0.1 + 0.2),
    Record('odd, "name"\nof two lines', "", 100, 3, hashed("é"), 80, 0, "srocc", None, "constant ratings, really"),
    Record("random", "", 10, 1, hashed("A1"), 10, 90, "srocc", np.float64(-1 / 3)),
    Record("random", "", 10, 2, hashed("A1"), 10, 90, "srocc", 0.0),
    Record("random", "", 10, 2, hashed("A1"), 10, 90, "somebody_elses", 1e300),
]
WIDE = "method,backbone,shots,repeat,user,n_support,n_query,srocc,dropped,pooled\n"
LONG = "method,backbone,shots,repeat,user,n_support,n_query,metric,value,dropped\n"


def test_everything_comes_back_exactly(tmp_path):
    write_records(SOME, tmp_path / "a" / "records.csv")
    assert read_records(tmp_path / "a" / "records.csv") == SOME


def test_bytes_are_as_promised(tmp_path):
    path = tmp_path / "records.csv"
    write_records(SOME[2:4], path)
    user = hashlib.sha256(b"A1").hexdigest()[:12]
    assert path.read_bytes().decode() == (
        f"{LONG}random,,10,1,{user},10,90,srocc,-0.3333333333333333,\nrandom,,10,2,{user},10,90,srocc,0.0,\n"
    )


def test_the_wide_form_of_earlier_versions_is_read(tmp_path):
    path = tmp_path / "records.csv"
    path.write_text(f"{WIDE}m,net,10,0,u,10,5,0.5,,-0.25\nm,net,10,1,u,10,5,0.25,,\nm,net,10,0,v,9,0,,too few,\n")
    assert read_records(path) == [
        Record("m", "net", 10, 0, "u", 10, 5, "srocc", 0.5),
        Record("m", "net", 10, 0, "u", 10, 5, "srocc_pooled", -0.25),
        Record("m", "net", 10, 1, "u", 10, 5, "srocc", 0.25),  # the part was not taken
        Record("m", "net", 10, 0, "v", 9, 0, "srocc", None, "too few"),
        Record("m", "net", 10, 0, "v", 9, 0, "srocc_pooled", None, "too few"),
    ]


def test_value_or_reason():
    with pytest.raises(ValueError, match="either a value or a reason"):
        Record("m", "", 10, 0, "u", 10, 5, "srocc", None)
    with pytest.raises(ValueError, match="either a value or a reason"):
        Record("m", "", 10, 0, "u", 10, 5, "srocc", 0.5, "too few")
    with pytest.raises(ValueError, match="srocc=nan: this is no value"):
        Record("m", "", 10, 0, "u", 10, 5, "srocc", float("nan"))
    with pytest.raises(ValueError, match=r"SROCC lies in \[-1, 1\], not at 1.5"):
        Record("m", "", 10, 0, "u", 10, 5, "srocc", 1.5)
    with pytest.raises(ValueError, match="MAE lies in"):
        Record("m", "", 10, 0, "u", 10, 5, "mae", -0.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: the columns"),
        ("a,b\n", "line 1: the columns"),
        (f"{LONG}m,,10,0,u,10,5,srocc,0.5,\nm,,ten,0,u,10,5,srocc,0.5,\n", "line 3: not a record"),
        (f"{LONG}m,,10,0,u,10\n", "line 2: not a record"),
        (f"{LONG}m,,10,0,u,10,5,srocc,nan,\n", "line 2: not a record"),
        (f"{LONG}m,,10,0,u,10,5,srocc,2,\n", "line 2: not a record"),
        (f"{WIDE}m,,10,0,u,10,5,0.5,,nan\n", "line 2: not a record"),
        (f"{WIDE}m,,10,0,u,10,5,,,\n", "line 2: not a record"),
        (f"{WIDE}m,,10,0,u,10,5,0.5\n", "line 2: not a record"),
    ],
)
def test_damaged_files_are_refused_in_one_sentence(tmp_path, content, message):
    path = tmp_path / "records.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        read_records(path)


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_records(tmp_path / "none.csv")


LINES = [{"image": 'a,"b"', "score": 0.1 + 0.2, "emd": ""}, {"image": "é", "score": -1 / 3, "emd": 2.5}]


def test_a_table_comes_back_exactly(tmp_path):
    write_table(LINES, tmp_path / "a" / "table.csv")
    with (tmp_path / "a" / "table.csv").open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [list(line) for line in found] == [["image", "score", "emd"]] * 2
    assert [line["image"] for line in found] == ['a,"b"', "é"]
    assert [float(line["score"]) for line in found] == [0.1 + 0.2, -1 / 3]


def test_equal_tables_are_equal_bytes(tmp_path):
    for name in ("one.csv", "two.csv"):
        write_table(LINES, tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert b"\r" not in (tmp_path / "one.csv").read_bytes()


@pytest.mark.parametrize("lines", [[], [*LINES, {"image": "c"}], [*LINES, {**LINES[0], "more": 1}], [{}]])
def test_a_table_of_unlike_lines_is_refused(tmp_path, lines):
    with pytest.raises(ValueError, match="must all have the same columns"):
        write_table(lines, tmp_path / "table.csv")
    assert not (tmp_path / "table.csv").exists()
