"""Anybody's own ratings."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.data.readers import ratings_csv
from piaa_lightning.errors import UserError

ROWS = "user,image,score\nzoe,x/a.jpg,2\nbob,b.png,4\nbob,x/a.jpg,3\n"


def lay_out(root, text=ROWS, images="images"):
    for name in ("x/a.jpg", "b.png"):
        path = root / images / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (root / "ratings.csv").write_text(text)
    return root


def test_defaults_take_the_range_of_the_file(tmp_path):
    table = ratings_csv.read(lay_out(tmp_path))
    assert table.database == "ratings_csv"
    assert table.image_ids.tolist() == ["b.png", "x/a.jpg"]
    assert table.image_files.tolist() == ["images/b.png", "images/x/a.jpg"]
    assert table.user_ids.tolist() == ["bob", "zoe"]
    assert (table.scale.low, table.scale.high) == (2, 4)
    assert table.user.tolist() == [0, 0, 1]
    assert table.image.tolist() == [0, 1, 1]
    np.testing.assert_array_equal(table.score, np.float32([1, 0.5, 0]))
    assert table.traits is None


def test_everything_renamed(tmp_path):
    text = "Wer;Bild;Note;Bemerkung\nzoe;./x\\a.jpg;2;nett\nbob;b.png;4;\n"
    lay_out(tmp_path, images="Fotos")
    (tmp_path / "Noten.csv").write_text(text)
    table = ratings_csv.read(
        tmp_path,
        ratings="Noten.csv",
        images="Fotos",
        columns={"user": "Wer", "image": "Bild", "score": "Note"},
        scale=[0, 10],
        delimiter=";",
        name="mine",
    )
    assert table.database == "mine"
    assert table.image_files.tolist() == ["Fotos/b.png", "Fotos/x/a.jpg"]
    np.testing.assert_allclose(table.score, [0.4, 0.2])


def test_images_in_the_root_itself(tmp_path):
    table = ratings_csv.read(lay_out(tmp_path, images="."), images=".")
    assert table.image_files.tolist() == ["b.png", "x/a.jpg"]


def test_linked_images(tmp_path):
    lay_out(tmp_path / "elsewhere")
    root = tmp_path / "root"
    root.mkdir()
    (root / "ratings.csv").write_text(ROWS)
    (root / "images").symlink_to(tmp_path / "elsewhere" / "images")
    (tmp_path / "elsewhere" / "images" / "loop").symlink_to(tmp_path / "elsewhere" / "images")
    assert ratings_csv.read(root).image_files.tolist() == ["images/b.png", "images/x/a.jpg"]


def test_latin_1(tmp_path):
    lay_out(tmp_path)
    (tmp_path / "ratings.csv").write_bytes("user,image,score\nJosé,b.png,2\nzoe,b.png,3\n".encode("latin-1"))
    assert ratings_csv.read(tmp_path).user_ids.tolist() == ["José", "zoe"]


def test_an_id_called_na_is_an_id(tmp_path):
    table = ratings_csv.read(lay_out(tmp_path, "user,image,score\nNA,b.png,1\nnull,b.png,2\n"))
    assert table.user_ids.tolist() == ["NA", "null"]


def test_traits(tmp_path):
    lay_out(tmp_path)
    (tmp_path / "users.csv").write_text("id,age,town,mood,empty\nzoe,31,Bonn,,\nann,50,Rome,2,\nbob,NA,,0.5,\n")
    table = ratings_csv.read(tmp_path, users="users.csv")
    assert table.trait_names == ("age", "mood")
    np.testing.assert_array_equal(table.traits, np.float32([[np.nan, 0.5], [31, np.nan]]))


def test_the_column_of_users_need_not_be_the_first(tmp_path):
    lay_out(tmp_path)
    (tmp_path / "users.csv").write_text("age,user\n31,zoe\n")
    table = ratings_csv.read(tmp_path, users="users.csv")
    np.testing.assert_array_equal(table.traits, np.float32([[np.nan], [31]]))


@pytest.mark.parametrize("key", ["image", "file"])
def test_groups_become_lists(tmp_path, key):
    lay_out(tmp_path)
    (tmp_path / "images.csv").write_text(f"nr,{key},kind\n1,b.png,dog\n2,unrated.jpg,dog\n3,x/a.jpg,cat\n4,y.jpg,\n")
    table = ratings_csv.read(tmp_path, images_table="images.csv", image_group="kind")
    assert {name: members.tolist() for name, members in table.image_lists.items()} == {"kind=cat": [1], "kind=dog": [0]}


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        (ROWS, {"scale": [1, 3]}, r"ratings\.csv, line 3: score '4' is not a number in 1\.\.3"),
        (ROWS, {"scale": [3, 3]}, "scale 3..3 is no range"),
        (ROWS, {"scale": [1]}, "worst and the best"),
        ("user,image,score\na,b.png,3\n", {}, "every score is 3; give the scale"),
        ("user,image,score\na,b.png,\n", {}, "line 2: score ''"),
        ("user,image,score\na,b.png,1,\nb,b.png,2,\n", {}, "more fields than"),
        (ROWS, {"columns": {"usr": "x"}}, "columns names usr"),
        (ROWS, {"columns": {"user": "who"}}, "no column who"),
        (ROWS, {"images": "photos"}, "holds no directory photos"),
        (ROWS, {"users": "users.csv"}, r"holds no file users\.csv"),
        (ROWS, {"image_group": "kind"}, "needs images_table"),
        (ROWS, {"images_table": "ratings.csv", "image_group": "kind"}, "no column kind"),
        (ROWS + "bob,new.jpg,3\n", {}, r"1 of the 3 images \(33\.3 %\).*max_missing=0\.34"),
    ],
)
def test_mistakes(tmp_path, text, options, sentence):
    with pytest.raises(UserError, match=sentence):
        ratings_csv.read(lay_out(tmp_path, text), **options)


def test_the_share_that_an_error_offers_is_enough(tmp_path):
    lay_out(tmp_path, ROWS + "bob,new.jpg,3\n")
    assert ratings_csv.read(tmp_path, max_missing=0.34).dropped["missing images"] == 1


def test_a_user_twice_in_the_table_of_users(tmp_path):
    lay_out(tmp_path)
    (tmp_path / "users.csv").write_text("user,age\nbob,3\nbob,4\n")
    with pytest.raises(UserError, match=r"users\.csv, line 3: user 'bob' stands there twice"):
        ratings_csv.read(tmp_path, users="users.csv")


def test_groups_of_other_images(tmp_path):
    lay_out(tmp_path)
    (tmp_path / "images.csv").write_text("file,kind\nq.jpg,dog\n")
    with pytest.raises(UserError, match="no column holds the names of rated images"):
        ratings_csv.read(tmp_path, images_table="images.csv", image_group="kind")


def test_oasis_as_it_lies():
    """Counts from the set's own note: 757 users, 225 images each of 900, in four subsets of 225."""
    default = Path(__file__).parents[4] / "shared/data/oasis_beauty"
    root = Path(os.environ.get("PIAA_OASIS", default))
    if not (root / "ratings.csv").is_file():
        pytest.skip("the OASIS beauty ratings are not on this machine; set PIAA_OASIS to their directory")
    table = ratings_csv.read(
        root,
        columns={"user": "rater", "image": "file", "score": "beauty"},
        scale=[1, 7],
        users="raters.csv",
        images_table="images.csv",
        image_group="subset",
    )
    assert (table.users, table.images, table.ratings) == (757, 900, 170325)
    assert set(np.bincount(table.user)) == {225}
    assert table.trait_names[:3] == ("age", "mood", "TEPS_ant")
    assert np.isnan(table.traits).sum() == 155
    assert {name: len(members) for name, members in table.image_lists.items()} == {
        f"subset=subset{n}": 225 for n in (1, 2, 3, 4)
    }
    mean = table.scale.from_unit(table.average_scores())[table.image_ids.tolist().index("Acorns1.jpg")]
    assert mean == pytest.approx(4.86, abs=0.005)  # the published summary


@pytest.mark.parametrize("odd", ["\x00", "u\x00", "u\x1b[2J"])
def test_an_id_of_which_numpy_would_lose_a_character_is_refused(tmp_path, odd):
    # found by fuzzing: numpy drops zeros at the end of a text, and the user's ratings became the last user's
    (tmp_path / "images").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "images" / name).touch()
    (tmp_path / "ratings.csv").write_text(f"user,image,score\nu,a.jpg,1\n{odd},b.jpg,2\n")
    with pytest.raises(UserError, match=r"line 3: user '.*\\x.*' holds a control character; correct the line"):
        ratings_csv.read(tmp_path)


def test_a_sentence_repeats_the_beginning_of_a_long_cell(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "ratings.csv").write_text(f"user,image,score\nu,a.jpg,{'9x' * 5000}\n")
    with pytest.raises(UserError, match=r"score '(9x){100}\.\.\.' is not a number") as told:
        ratings_csv.read(tmp_path)
    assert len(str(told.value)) < 500
