"""Columns of a big csv: the same as reading it as text, whatever the file looks like."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import typed_csv
from piaa_lightning.data.readers.typed_csv import column_names, read_columns
from piaa_lightning.errors import UserError

LINES = [" id , extra,score ", "007, x,1.5", "é b ,,", "", "9,y, NA", ",,", "10,z,2 "]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("careful", [False, True])
def test_fast_and_careful_agree(tmp_path, monkeypatch, newline, encoding, careful):
    path = tmp_path / "a.csv"
    path.write_bytes((newline.join(LINES) + newline).encode(encoding))
    if careful:
        monkeypatch.setattr(typed_csv, "_fast", lambda *_: (_ for _ in ()).throw(ValueError("say no")))
    frame = read_columns(path, ["id"], ["score"])
    assert list(frame.columns) == ["id", "score"]
    assert frame["id"].tolist() == ["007", "é b", "9", "10"]  # text stays text
    np.testing.assert_array_equal(frame["score"], [1.5, np.nan, np.nan, 2])
    assert frame.index.tolist() == [2, 3, 5, 7]  # lines of the file
    assert column_names(path) == ["id", "extra", "score"]


def test_a_short_line_has_blanks(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,c\n1,2,3\n4\n")
    frame = read_columns(tmp_path / "a.csv", ["a", "c"], ["b"])
    assert frame["c"].tolist() == ["3", ""]
    assert frame["b"].isna().tolist() == [False, True]


def test_other_delimiters_and_an_index_without_name(tmp_path):
    (tmp_path / "a.csv").write_text("=a=b\n0=x=1\n")
    frame = read_columns(tmp_path / "a.csv", ["a"], ["b"], "=")
    assert (frame["a"].tolist(), frame["b"].tolist()) == (["x"], [1.0])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("a,b\n", "holds a header and nothing else"),
        ("a,b\n,\n", "holds a header and nothing else"),
        ("a,c\nx,1\n", r"has no column b .it has a, c"),
        ("a,b\nx,1\ny,one\n", "line 3: b 'one' is not a number"),
        ("a,b\nx,1,2\n", "more fields than its header"),
        ("\na,b\nx,1\n", "first line is blank"),  # found by fuzzing
        ("\ufeff \n\na,b\nx,1\n", "first line is blank"),
        ("a,b\nx,1\nx,1,2\n", "Expected 2 fields in line 3, saw 3"),
    ],
)
def test_mistakes_are_named(tmp_path, text, sentence):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(UserError, match=sentence):
        read_columns(tmp_path / "a.csv", ["a"], ["b"])


def test_a_directory_or_a_dangling_link_called_csv_is_a_stranger(tmp_path):
    # found by fuzzing
    (tmp_path / "a.csv").mkdir()
    (tmp_path / "b.csv").symlink_to("nowhere")
    (tmp_path / "c.csv").write_text("x\n1\n")
    assert typed_csv.csv_with([tmp_path], ["x"]) == tmp_path / "c.csv"
    assert typed_csv.csv_with([tmp_path], ["y"]) is None
