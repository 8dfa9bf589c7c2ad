"""LAPIS as published, and in its older layout."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from piaa_lightning.data.readers import lapis
from piaa_lightning.errors import UserError

HEADER = (
    ",image_id,image_filename,rating,response time,participant_id,age,nationality,demo_gender,demo_edu,demo_colorblind,"
    "Art Interest VAIAK,imgs_known,artist,title,genre,style,4_styles,2_styles"
)
WORK = 'Zoë,"étude, no. 2",{},Cubism,MODERN,ABSTRACT'
LINES = [
    f"0,7,b.jpg,75,2.1,11,,,,,,,0,{WORK.format('portrait')}",  # told nothing on this line
    f"1,8,café.jpg,0,2.1,11,31,british,female,master,No,4.5,0,{WORK.format('marina')}",
    f"2,8,café.jpg,100,2.1,9,,,,,,,0,{WORK.format('marina')}",
    f"3,9,a.jpg,12.5,2.1,9,,,,,,,0,{WORK.format('')}",
]
LISTS = {"Train": ["7,b.jpg,75", "9,a.jpg,12.5"], "Val": ["8,café.jpg,50"], "Test": ["1,gone.jpg,50"]}
IMAGES = ("a.jpg", "b.jpg", "café.jpg")


def lay_out(root, lines=LINES, lists=LISTS, images=IMAGES, encoding="utf-8", annotation="annotation"):
    (root / "images").mkdir()
    (root / annotation).mkdir(exist_ok=True)
    for name in images:
        (root / "images" / name).touch()
    files = {"LAPIS_PIAA.csv": [HEADER, *lines]}
    files |= {f"LAPIS_GIAA_{part}split.csv": ["image_id,image_filename,mean_response", *lists[part]] for part in lists}
    for name, rows in files.items():
        (root / annotation / name).write_bytes("\n".join(rows).encode(encoding))
    return root


def lay_out_older(root, folder="images", imageset="imageset"):
    interest = [f"VAIAK{n}" for n in range(1, 8)] + [f"2VAIAK{n}" for n in range(1, 5)]
    rows = [
        ["", "image_id", "file", "response", "participant_id", "age", "demo_gender", *interest],
        ["0", "7", "portrait/b.jpg", "75", "11", "31", "female", *map(str, range(11))],
        ["1", "8", "marina/café.jpg", "0", "11", "31", "female", *map(str, range(11))],
        ["2", "8", "marina/café.jpg", "100", "9", "", "", *11 * [""]],
        ["3", "9", "abstract/a.jpg", "12.5", "9", "", "", *11 * [""]],
        ["4", "9", "abstract/a.jpg", "", "11", "31", "female", *map(str, range(11))],  # was shown and not rated
    ]
    for name in IMAGES:
        (root / folder).mkdir(exist_ok=True)
        (root / folder / name).touch()
    (root / "annotation").mkdir()
    text = "\n".join(",".join(row) for row in rows)
    (root / "annotation" / "LAPIS_individualratings_metaANDdemodata.csv").write_text(text)
    (root / imageset).mkdir(exist_ok=True)
    for part, names in {"Train": "b.jpg\na.jpg\n", "Val": "café.jpg\r\n", "Test": "gone.jpg"}.items():
        (root / imageset / f"{part}ImageSet.txt").write_bytes(names.encode())
    return root


def check_ratings(table, folder="images"):
    assert table.user_ids.tolist() == ["11", "9"]
    assert table.image_ids.tolist() == list(IMAGES)
    assert [unicodedata.normalize("NFC", file) for file in table.image_files] == [f"{folder}/{n}" for n in IMAGES]
    assert (table.user.tolist(), table.image.tolist()) == ([0, 0, 1, 1], [1, 2, 0, 2])
    np.testing.assert_array_equal(table.score, np.float32([0.75, 0, 0.125, 1]))
    lists = {name: members.tolist() for name, members in table.image_lists.items()}
    assert {name: lists[name] for name in ("train", "val", "test")} == {"train": [0, 1], "val": [2], "test": []}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("annotation", ["annotation", "."])
def test_the_published_layout(tmp_path, encoding, annotation):
    table = lapis.read(lay_out(tmp_path, encoding=encoding, annotation=annotation))
    check_ratings(table)
    assert table.trait_names == ("age", "Art Interest VAIAK")
    np.testing.assert_array_equal(table.traits, np.float32([[31, 4.5], [np.nan, np.nan]]))
    np.testing.assert_array_equal(table.image_score, np.float32([0.125, 0.75, 0.5]))
    groups = {name: members.tolist() for name, members in table.image_lists.items() if "=" in name}
    assert groups == {"genre=portrait": [1], "genre=marina": [2], "style=Cubism": [0, 1, 2]}
    assert set(table.dropped.values()) == {0}


def test_names_that_macos_spelt(tmp_path):
    table = lapis.read(lay_out(tmp_path, images=[unicodedata.normalize("NFD", name) for name in IMAGES]))
    check_ratings(table)
    assert (table.root / table.image_files[2]).is_file()


@pytest.mark.parametrize("folder", ["images", "datasetImages_originalSize"])
@pytest.mark.parametrize("imageset", ["imageset", "."])
def test_the_older_layout(tmp_path, folder, imageset):
    table = lapis.read(lay_out_older(tmp_path, folder, imageset))
    check_ratings(table, folder)
    assert table.trait_names == ("age", *(f"VAIAK{n}" for n in range(1, 8)), *(f"2VAIAK{n}" for n in range(1, 5)))
    np.testing.assert_array_equal(table.traits, np.float32([[31, *range(11)], [np.nan] * 12]))
    assert table.image_score is None
    assert table.dropped["ratings without user or score"] == 1


def test_dirt_is_counted(tmp_path):
    dirt = [
        LINES[1].replace(",0,2.1", ",90,2.1"),  # rated again: the first counts
        f"5,6,gone.jpg,5,2.1,9,,,,,,,0,{WORK.format('marina')}",
        f"6,9,a.jpg,5,2.1,,,,,,,,0,{WORK.format('')}",
        LINES[0].replace(",11,,", ",11,prefer not to say,"),
    ]
    root = lay_out(tmp_path, lines=[*LINES, *dirt], images=(*IMAGES, "spare.jpg"))
    with pytest.raises(UserError, match=r"1 of the 4 images \(25\.0 %\).*first: gone\.jpg"):
        lapis.read(root)
    table = lapis.read(root, max_missing=0.25)
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 1,
        "duplicated ratings": 2,
        "images without labels": 1,
        "ratings without user or score": 1,
    }
    check_ratings(table)
    np.testing.assert_array_equal(table.traits[0], np.float32([31, 4.5]))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (LINES[0].replace("75", "101"), r"LAPIS_PIAA\.csv, line 6: rating '101\.0' is not a number in 0\.\.100"),
        (LINES[0].replace("75", "fine"), "line 6: rating 'fine' is not a number"),
        (LINES[0].replace("b.jpg", "../b.jpg"), "line 6: image_filename .* leaves"),
        (LINES[0].replace("b.jpg", ""), "line 6: image_filename '' is blank"),
        (LINES[0].replace('"', ""), "cannot be read: Expected 19 fields in line 6, saw 20"),
    ],
)
def test_mistakes(tmp_path, line, sentence):
    with pytest.raises(UserError, match=sentence):
        lapis.read(lay_out(tmp_path, lines=[*LINES, line]))


def test_nothing_there(tmp_path):
    with pytest.raises(
        UserError, match=r"holds no file annotation/LAPIS_PIAA\.csv or LAPIS_PIAA\.csv or annotation/LAP"
    ):
        lapis.read(tmp_path)
