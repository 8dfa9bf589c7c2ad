"""AADB: an official list is twelve files; or one csv."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import aadb
from piaa_lightning.errors import UserError

PUBLISHED = ("BalacingElements", *aadb.ATTRIBUTES[1:])  # the authors' own spelling
LISTS = {"Train": ("farm1_a.jpg", "farm1_b.jpg"), "Validation": ("farm1_c.jpg",), "TestNew": ("farm1_d.jpg",)}
SCORES = {"farm1_a.jpg": 0.2, "farm1_b.jpg": 0.4, "farm1_c.jpg": 0.6, "farm1_d.jpg": 0.5}
PLACES = {
    "farm1_a.jpg": "datasetImages_originalSize/farm1_a.jpg",
    "farm1_b.jpg": "datasetImages_originalSize/farm1_b.jpg",
    "farm1_c.jpg": "datasetImages_originalSize/farm1_c.jpg",
    "farm1_d.jpg": "AADB_newtest/0.500_farm1_d.jpg",
}


ALL_PLACES = tuple(PLACES.values())


def value(image, attribute):
    """Different for every pair, from -1 to 1."""
    return round(-1 + 0.04 * (12 * list(SCORES).index(image) + list(PUBLISHED).index(attribute)), 2)


def touch(root, places):
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()


def lay_out(root, spelling=PUBLISHED, labels="imgListFiles_label", newline="\n", places=ALL_PLACES):
    touch(root, places)
    (root / labels).mkdir()
    for infix, images in LISTS.items():
        for name, written in zip(("score", *PUBLISHED), ("score", *spelling), strict=True):
            values = {i: SCORES[i] if name == "score" else value(i, name) for i in images}
            text = newline.join(f"{image} {values[image]}" for image in images) + newline
            (root / labels / f"imgList{infix}Regression_{written}.txt").write_bytes(text.encode())
    # the old test list must not be read: its values are not even numbers
    (root / labels / "imgListTestRegression_score.txt").write_text("farm1_a.jpg old\n")
    return root


def check(table, lists=True):
    assert table.image_ids.tolist() == list(SCORES)
    assert table.image_files.tolist() == list(PLACES.values())
    assert (table.users, table.ratings) == (0, 0)
    np.testing.assert_array_equal(table.image_score, np.float32(list(SCORES.values())))
    assert table.attribute_names[0] == "BalancingElements"
    expected = [[value(image, name) for name in PUBLISHED] for image in SCORES]
    np.testing.assert_array_equal(table.attributes, np.float32(expected))
    members = {name: indices.tolist() for name, indices in table.image_lists.items()}
    assert members == ({"train": [0, 1], "validation": [2], "test": [3]} if lists else {})
    assert table.dropped == {"missing images": 0, "duplicated images": 0, "images without labels": 0}


@pytest.mark.parametrize("spelling", [PUBLISHED, aadb.ATTRIBUTES])
@pytest.mark.parametrize("labels", ["imgListFiles_label", "labels"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_published_lists(tmp_path, spelling, labels, newline):
    check(aadb.read(lay_out(tmp_path, spelling, labels, newline)))


@pytest.mark.parametrize("place", ["datasetImages_warp256", "images", "AADB_newtest_originalSize"])
def test_images_elsewhere(tmp_path, place):
    table = aadb.read(lay_out(tmp_path, places=[f"{place}/{image}" for image in SCORES]))
    assert table.image_files.tolist() == [f"{place}/{image}" for image in SCORES]


def test_the_first_directory_that_has_an_image_counts(tmp_path):
    warped = [f"datasetImages_warp256/{image}" for image in SCORES]
    table = aadb.read(lay_out(tmp_path, places=[*warped, PLACES["farm1_a.jpg"]]))
    assert table.image_files.tolist() == [PLACES["farm1_a.jpg"], *warped[1:]]


def test_the_combined_csv(tmp_path):
    touch(tmp_path, PLACES.values())
    lines = [",".join(map(str, [i, *(value(i, name) for name in PUBLISHED), SCORES[i]])) for i in reversed(SCORES)]
    (tmp_path / "Dataset.csv").write_text("\n".join([",".join(["ImageFile", *aadb.ATTRIBUTES, "score"]), *lines]))
    check(aadb.read(tmp_path), lists=False)


def test_a_csv_of_something_else_is_not_read(tmp_path):
    touch(tmp_path, PLACES.values())
    (tmp_path / "another.csv").write_text("user,image\n1,2\n")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(UserError, match="or a csv with the column ImageFile"):
        aadb.read(tmp_path)
    line = ",".join(map(str, ["farm1_a.jpg", *(value("farm1_a.jpg", name) for name in PUBLISHED), 0.2]))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "Dataset.csv").write_text(",".join(["ImageFile", *aadb.ATTRIBUTES, "score"]) + f"\n{line}\n")
    assert aadb.read(tmp_path).image_ids.tolist() == ["farm1_a.jpg"]


def test_missing_doubled_and_unlabelled_images_are_counted(tmp_path):
    kept = [place for image, place in PLACES.items() if image != "farm1_b.jpg"]
    root = lay_out(tmp_path, places=[*kept, "datasetImages_originalSize/farm1_old.jpg"])
    for path in (root / "imgListFiles_label").glob("imgListValidation*"):
        path.write_text(path.read_text() + "farm1_a.jpg 0.9\n")  # also in the training list, which counts
    with pytest.raises(UserError, match=r"1 of the 4 images \(25\.0 %\).*first: farm1_b\.jpg"):
        aadb.read(root)
    table = aadb.read(root, max_missing=0.25)
    assert table.dropped == {"missing images": 1, "duplicated images": 1, "images without labels": 1}
    assert table.image_score[0] == np.float32(0.2)


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("TrainRegression_score", "farm1_a.jpg 1.2", r"line 1: score '1\.2' is not a number in 0\.\.1"),
        ("TrainRegression_DoF", "farm1_a.jpg -1.1\nfarm1_b.jpg 0", r"line 1: DoF '-1\.1' is not a number in -1\.\.1"),
        ("TrainRegression_DoF", "farm1_a.jpg 0", "DoF.txt names other images than imgListTrainRegression_score"),
        ("TestNewRegression_Light", "", r"Light\.txt is empty"),
        ("TestNewRegression_Light", "farm1_d.jpg", "has not 2 fields"),
    ],
)
def test_bad_lists(tmp_path, file, text, sentence):
    root = lay_out(tmp_path)
    (root / "imgListFiles_label" / f"imgList{file}.txt").write_text(text)
    with pytest.raises(UserError, match=sentence):
        aadb.read(root)


def test_the_old_test_list_does_not_stand_in_for_the_new(tmp_path):
    root = lay_out(tmp_path)
    (root / "imgListFiles_label" / "imgListTestNewRegression_score.txt").unlink()
    with pytest.raises(UserError, match=r"holds no file imgListTestNewRegression_score\.txt"):
        aadb.read(root)


def test_nothing_there(tmp_path):
    with pytest.raises(
        UserError,
        match=r"no file imgListFiles_label/imgListTrainRegression_score\.txt or a csv with the column Im",
    ):
        aadb.read(tmp_path)
    root = lay_out(tmp_path, places=())
    with pytest.raises(UserError, match="holds no directory datasetImages_originalSize or"):
        aadb.read(root)
