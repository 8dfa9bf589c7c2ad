"""AVA as it is published, in small."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import ava
from piaa_lightning.errors import UserError

LINES = [
    "1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396",  # the published file's first line
    "2 20 0 0 0 0 4 0 0 0 0 0 0 15 7",
    "3 3 1 0 0 0 0 0 0 0 0 3 0 0 0",
    "4 404 1 1 1 1 1 1 1 1 1 1 2 3 4",
]


def lay_out(root, lines=LINES, nest="", images="images", present=("953619", "20", "3", "404")):
    for folder in (images, f"{nest}aesthetics_image_lists", f"{nest}style_image_lists"):
        (root / folder).mkdir(parents=True)
    for name in present:
        (root / images / f"{name}.jpg").touch()
    (root / nest / "AVA.txt").write_text("\n".join(lines) + "\n")
    lists = root / nest / "aesthetics_image_lists"
    (lists / "generic_test.jpgl").write_text("953619\n404\n")
    (lists / "generic_ls_train.jpgl").write_text("20\r\n3\r\n12345\r\n")
    (lists / "animal_train.jpgl").write_text("3\n")
    styles = root / nest / "style_image_lists"
    (styles / "styles.txt").write_text("1 Duotones\n2 Macro\n")
    (styles / "train.jpgl").write_text("20\n3\n")
    (styles / "train.lab").write_text("2\n1\n")
    (styles / "test.jpgl").write_text("404\n953619\n")
    (styles / "test.multilab").write_text("0 1\n1 1\n")
    return root


def test_a_directory_or_a_dangling_link_called_like_a_list_is_a_stranger(tmp_path):
    lists = lay_out(tmp_path) / "aesthetics_image_lists"
    (lists / "food_test.jpgl").mkdir()
    (lists / "floral_test.jpgl").symlink_to("nowhere")
    assert {name for name in ava.read(tmp_path).image_lists if "_test" in name} == {"generic_test", "style_test"}


@pytest.mark.parametrize("nest", ["", "AVA_dataset/"])
@pytest.mark.parametrize("images", ["images", "images/images", "image"])
def test_the_published_layout(tmp_path, nest, images):
    table = ava.read(lay_out(tmp_path, nest=nest, images=images))
    assert table.image_ids.tolist() == ["20", "3", "404", "953619"]
    assert table.image_files.tolist() == [f"{images}/{name}.jpg" for name in table.image_ids]
    assert (table.users, table.ratings) == (0, 0)
    np.testing.assert_array_equal(table.distribution[0], np.eye(10, dtype=np.float32)[4])
    votes = np.array([0, 1, 5, 17, 38, 36, 15, 6, 5, 1])
    np.testing.assert_allclose(table.distribution[3], votes / 124, rtol=1e-6)
    # mean votes: 5; (1 + 3 * 10) / 4; 5.5; (2+15+68+190+216+105+48+45+10) / 124
    np.testing.assert_allclose(table.image_score, (np.array([5, 7.75, 5.5, 699 / 124]) - 1) / 9, rtol=1e-6)
    assert table.attribute_names == ("tag1", "tag2", "challenge")
    nan = np.nan
    np.testing.assert_array_equal(table.attributes, np.float32([[nan, 15, 7], [nan] * 3, [2, 3, 4], [1, 22, 1396]]))
    assert {name: members.tolist() for name, members in table.image_lists.items()} == {
        "generic_test": [2, 3],
        "generic_ls_train": [0, 1],
        "animal_train": [1],
        "style_train": [0, 1],
        "style_test": [2, 3],
        "style:Duotones": [1, 3],
        "style:Macro": [0, 2, 3],
    }
    assert table.dropped == {"missing images": 0, "duplicated images": 0, "images without labels": 0}


def test_a_copy_without_lists(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "20.jpg").touch()
    (tmp_path / "AVA.txt").write_text(LINES[1])
    assert ava.read(tmp_path).image_lists == {}


def test_missing_doubled_and_unlabelled_images_are_counted(tmp_path):
    root = lay_out(tmp_path, lines=[*LINES, "", "5 20 9 0 0 0 0 0 0 0 0 0 0 0 0"], present=("20", "3", "404", "77"))
    with pytest.raises(UserError, match=r"1 of the 4 images \(25\.0 %\).*first: 953619"):
        ava.read(root)
    table = ava.read(root, max_missing=0.25)
    assert table.dropped == {"missing images": 1, "duplicated images": 1, "images without labels": 1}
    assert table.distribution[0, 4] == 1  # the first of the two lines counts
    assert table.image_lists["generic_test"].tolist() == [2]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("5 8 0 0 0 0 0 0 0 0 0 0 1 2 3", "line 5: image 8 has no vote"),
        ("5 8 -1 0 0 2 0 0 0 0 0 0 1 2 3", "line 5: column 3 holds -1"),
        ("5 8 1.5 0 0 2 0 0 0 0 0 0 1 2 3", r"line 5: column 3 holds 1\.5"),
        ("5 8 x 0 0 2 0 0 0 0 0 0 1 2 3", "line 5: column 3 holds x"),
        ("5 8 1 0 0 2 0 0 0 0 0 0 1 2", "line 5: column 15 holds nothing"),
        ("5 8 1 0 0 2 0 0 0 0 0 0 1 2 3 4", "line 5"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, sentence):
    with pytest.raises(UserError, match=sentence):
        ava.read(lay_out(tmp_path, lines=[*LINES, line]))


@pytest.mark.parametrize(("lines", "sentence"), [([], "AVA.txt is empty"), (["1 2 3"], "has 3 columns instead of 15")])
def test_a_bad_file_is_named(tmp_path, lines, sentence):
    root = lay_out(tmp_path)
    (root / "AVA.txt").write_text("\n".join(lines))
    with pytest.raises(UserError, match=sentence):
        ava.read(root)


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"holds no file AVA\.txt or AVA_dataset/AVA\.txt"):
        ava.read(tmp_path)


def test_styles_that_do_not_fit_their_images(tmp_path):
    root = lay_out(tmp_path)
    (root / "style_image_lists" / "train.lab").write_text("2\n")
    with pytest.raises(UserError, match=r"train\.lab has 1 lines for 2 images"):
        ava.read(root)
