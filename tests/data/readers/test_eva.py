"""EVA: files separated by =, one by commas."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import eva
from piaa_lightning.errors import UserError

VOTES = [
    "image_id=user_id=score=difficulty=visual=composition=quality=semantic=vote_time=1=2=3=4",
    "843=E136=7=3=4=3=2=1=11.2=0=1=0=1",
    "843=E138=10=1=2=3=4=3=9.0=0=1=0=1",
    "71=E138=0=4=1=1=1=1=9.0=0=1=0=1",
    "71=C76=5=4=1=1=1==9.0=0=1=0=1",
]
USERS = [
    "id=age=region=photographic_level_id=gender_id=eyecheck",
    "E136=1992.0=156.0=2.0=2.0=1",
    "E138=1967.0=250.0=2.0=1.0=1,2",
    "C76=1980.0=250.0==1.0=",
    "E999=1980.0=250.0=1.0=1.0=2",
]
CATEGORIES = '\ufeff"image_id","sort"\n"71","5"\n"843","1"\n"106","5"\n'


def lay_out(root, votes=VOTES, users=USERS, nest="", folder="EVA_together", images=("71", "843"), newline="\n"):
    (root / folder).mkdir(parents=True)
    for name in images:
        (root / folder / f"{name}.jpg").touch()
    (root / nest).mkdir(parents=True, exist_ok=True)
    (root / nest / "votes_filtered.csv").write_bytes(newline.join(votes).encode("utf-8-sig"))
    (root / nest / "users.csv").write_bytes(newline.join(users).encode())
    (root / nest / "image_content_category.csv").write_text(CATEGORIES.replace("\n", newline), "utf-8", newline="")
    return root


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("nest", "folder"),
    [
        ("", "EVA_together"),
        ("data", "images/EVA_together"),
        ("eva-dataset-master/data", "eva-dataset-master/images/EVA_together"),
        ("data", "images"),
    ],
)
def test_the_published_layout(tmp_path, newline, nest, folder):
    table = eva.read(lay_out(tmp_path, nest=nest, folder=folder, newline=newline))
    assert table.user_ids.tolist() == ["C76", "E136", "E138"]
    assert table.image_ids.tolist() == ["71", "843"]
    assert table.image_files.tolist() == [f"{folder}/71.jpg", f"{folder}/843.jpg"]
    assert (table.user.tolist(), table.image.tolist()) == ([0, 1, 2, 2], [0, 1, 0, 1])
    np.testing.assert_array_equal(table.score, np.float32([0.5, 0.7, 0, 1]))
    assert table.trait_names == ("birth_year", "photographic_level", "glasses", "colour_blind")
    np.testing.assert_array_equal(table.traits, np.float32([[1980, np.nan, 0, 0], [1992, 2, 1, 0], [1967, 2, 1, 1]]))
    assert table.attribute_names == ("difficulty", "visual", "composition", "quality", "semantic")
    np.testing.assert_array_equal(table.attributes, np.float32([[4, 1, 1, 1, 1], [2, 3, 3, 3, 2]]))
    lists = {name: members.tolist() for name, members in table.image_lists.items()}
    assert lists == {"category=1": [1], "category=5": [0]}
    assert set(table.dropped.values()) == {0}


def test_dirt_is_counted(tmp_path):
    dirt = [VOTES[1].replace("=7=", "=1="), "5=E136=7=3=4=3=2=1=11.2=0=1=0=1", "71=Enew=7=3=4=3=2=1=11.2=0=1=0=1", ""]
    users = [*USERS, USERS[1].replace("1992", "1900")]
    root = lay_out(tmp_path, [*VOTES, *dirt], users, images=("71", "843", "106", "9"))
    with pytest.raises(UserError, match=r"1 of the 3 images \(33\.3 %\).*first: 5"):
        eva.read(root)
    table = eva.read(root, max_missing=0.34)
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 1,
        "duplicated ratings": 1,
        "images without labels": 2,
        "users without traits": 1,
    }
    assert table.traits[1, 0] == 1992  # the first line about a user counts
    assert table.score[1] == np.float32(0.7)


def test_categories_need_not_be_there(tmp_path):
    root = lay_out(tmp_path)
    (root / "image_content_category.csv").unlink()
    assert eva.read(root).image_lists == {}


def test_categories_of_one_column_are_a_sentence(tmp_path):
    root = lay_out(tmp_path)
    (root / "image_content_category.csv").write_text("image\n1\n")
    with pytest.raises(UserError, match=r"image_content_category\.csv has one column"):
        eva.read(root)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"votes": [*VOTES, VOTES[1].replace("=7=", "=11=")]}, r"line 6: score '11\.0' is not a number in 0\.\.10"),
        ({"votes": [*VOTES, VOTES[1].replace("=7=", "==")]}, "line 6: score 'nan' is not a number"),
        ({"votes": [*VOTES, VOTES[1].replace("E136", "")]}, "line 6: user_id '' is blank"),
        ({"votes": [*VOTES, VOTES[1].replace("843", "../843")]}, "line 6: image_id .* leaves"),
        ({"votes": [line.replace("=", ",") for line in VOTES]}, "has no column image_id or user_id or score"),
        ({"users": [*USERS, "E1=old=250.0=1.0=1.0=2"]}, "users.csv, line 6: age 'old' is not a number"),
    ],
)
def test_mistakes(tmp_path, change, sentence):
    with pytest.raises(UserError, match=sentence):
        eva.read(lay_out(tmp_path, **change))


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"holds no file votes_filtered\.csv or data/votes_filtered\.csv"):
        eva.read(tmp_path)
