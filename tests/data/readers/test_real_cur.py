"""REAL-CUR: albums of directories, or the same with a csv."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import real_cur
from piaa_lightning.errors import UserError

IMAGES = ("anna/1/a b.jpg", "anna/5/b.JPG", "ben/2/b.JPG", "ben/3/c.png")
CSV = "worker,image_name,score\nben,b.JPG,2\nben,c.png,3\nanna,a b.jpg,1\nanna,b.JPG,5\n"


def lay_out(root, below="", images=IMAGES, csv=None):
    for name in images:
        path = root / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if csv is not None:
        (root / "labels.csv").write_text(csv)
    return root


def check(table, below=""):
    assert table.user_ids.tolist() == ["anna", "ben"]
    assert table.image_ids.tolist() == ["anna/a b.jpg", "anna/b.JPG", "ben/b.JPG", "ben/c.png"]
    assert table.image_files.tolist() == [below + name for name in IMAGES]
    assert table.user.tolist() == [0, 0, 1, 1]
    np.testing.assert_array_equal(table.score, np.float32([0, 1, 0.25, 0.5]))
    assert set(table.dropped.values()) == {0}


@pytest.mark.parametrize("below", ["", "images/", "REAL-CUR/"])
def test_directories_are_scores(tmp_path, below):
    check(real_cur.read(lay_out(tmp_path, below)), below)


@pytest.mark.parametrize("csv", [CSV, CSV.replace(",", " , "), "\ufeff" + CSV.replace("\n", "\r\n")])
def test_a_csv_beside_them(tmp_path, csv):
    check(real_cur.read(lay_out(tmp_path, "images/", csv=csv)), "images/")


def test_the_csv_s_scores_count_and_a_stranger_is_not_read(tmp_path):
    (tmp_path / "another.csv").write_text("user,image\n1,2\n")
    root = lay_out(tmp_path, "images/", csv=CSV.replace("anna,b.JPG,5", "anna,b.JPG,4"))
    assert real_cur.read(root).score[1] == np.float32(0.75)


def test_strays_and_one_photograph_at_two_scores_are_counted(tmp_path):
    strays = ("anna/cover.jpg", "anna/6/x.jpg", "ben/3/deeper/y.jpg", "z.jpg", "anna/1/._a b.jpg")
    table = real_cur.read(lay_out(tmp_path, images=(*IMAGES, "ben/5/b.JPG", *strays)))
    assert table.dropped == {
        "missing images": 0,
        "ratings of missing images": 0,
        "duplicated ratings": 1,
        "images without labels": 0,
        "images outside albums": 4,  # macOS's ._ file is no image at all
    }
    np.testing.assert_array_equal(table.score, np.float32([0, 1, 0.25, 0.5]))  # 2 of ben's 2 and 5
    assert table.image_files[2] == "ben/2/b.JPG"


def test_what_the_csv_names_and_nobody_has_is_counted(tmp_path):
    root = lay_out(tmp_path, "images/", csv=CSV + "ben,gone.jpg,1\n")
    with pytest.raises(UserError, match=r"1 of the 5 images \(20\.0 %\).*first: ben/gone\.jpg"):
        real_cur.read(root)
    assert real_cur.read(root, max_missing=0.2).dropped["missing images"] == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ben,c.png,6", "line 6: score '6.0' is not a number in 1..5"),
        ("ben,c.png,", "line 6: score 'nan' is not a number in 1..5"),
        ("ben,,3", "line 6: image_name '' is blank"),
        (",c.png,3", "line 6: worker '' is blank"),
        ("..,../c.png,3", "line 6: .* leaves the directory"),
    ],
)
def test_bad_lines(tmp_path, line, sentence):
    with pytest.raises(UserError, match=sentence):
        real_cur.read(lay_out(tmp_path, "images/", csv=CSV + line + "\n"))


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match="holds no image <album>/<score"):
        real_cur.read(tmp_path)
    with pytest.raises(UserError, match="holds no image <album>/<score"):
        real_cur.read(lay_out(tmp_path, images=("loose.jpg",)))
