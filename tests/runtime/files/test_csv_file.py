from __future__ import annotations

import csv
import os

import numpy as np
import pytest

from piaa_lightning.runtime.files.csv_file import csv_bytes, csv_text, write_csv


def test_what_is_written_comes_back(tmp_path):
    rows = [('commas, "quotes"', 0.1 + 0.2, None), ("two\nlines", -1e-300, 3)]
    write_csv(tmp_path / "new" / "table.csv", ["name", "value", "count"], rows)
    with (tmp_path / "new" / "table.csv").open(newline="", encoding="utf-8") as file:
        header, *read = csv.reader(file)
    assert header == ["name", "value", "count"]
    assert [(name, float(value), int(count) if count else None) for name, value, count in read] == rows


def test_numbers_of_numpy_are_written_like_others():
    assert csv_text(["a", "b"], [(np.float64(0.1), np.int64(7))]) == "a,b\n0.1,7\n"


def test_lines_end_alike_on_every_system_and_names_of_files_keep_their_bytes():
    name = os.fsdecode(b"Gr\xfc\xdfe.jpg")  # Latin-1, which is no UTF-8
    assert csv_bytes(["file"], [(name,)]) == b"file\nGr\xfc\xdfe.jpg\n"


@pytest.mark.parametrize("row", [(), (1,), (1, 2, 3)])
def test_a_row_of_another_length_leaves_what_was_there(tmp_path, row):
    write_csv(tmp_path / "table.csv", ["a", "b"], [(1, 2)])
    with pytest.raises(ValueError, match=r"values for the 2 columns a,b"):
        write_csv(tmp_path / "table.csv", ["a", "b"], [(1, 2), row])
    assert (tmp_path / "table.csv").read_text() == "a,b\n1,2\n"
