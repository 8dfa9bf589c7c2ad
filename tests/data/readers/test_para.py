"""PARA: one line per rating, joined to images by session and name."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import para
from piaa_lightning.errors import UserError

HEADER = (
    "sessionId,imageName,userId,aestheticScore,qualityScore,compositionScore,colorScore,dofScore,contentScore,lightScore,"
    "isObjectEmphasis,imgEmotion,difficultyOfJudgment,contentPreference,willingnessToShare,semantic"
)
LINES = [
    "session1,iaa_pub1_.jpg,A3c6418,3.0,3.1,3,4,3,3,4,0,neutral,-1,3,3,animal",  # as published
    "session1,iaa_pub1_.jpg,Aff,4.5,4.1,5,4,3,3,2,1,content,1,4,5,animal",
    "session2,iaa_pub1_.jpg,Aff,1.0,2.0,1,1,1,1,1,1,sadness,0,1,1,scene",  # the same name in another session
    "session2,iaa_pub2_.jpg,A3c6418,5.0,2.0,1,1,1,1,1,1,sadness,0,1,1,scene",
]
USERS = [
    "userId,age,gender,EducationalLevel,artExperience,photographyExperience,personality-E,personality-A,personality-N,"
    "personality-O,personality-C",
    "Aff,22-25,female,university,beginner,expert,2,4,6,8,10",
    "A3c6418,30,male,university,beginner,expert,,,,,",
    "Anobody,18-21,male,university,beginner,expert,6,6,6,6,6",
]
LISTS = {
    "PARA-GiaaTrain.csv": ["iaa_pub1_.jpg,session1,animal,3.75", "iaa_pub2_.jpg,session2,scene,5.0"],
    "PARA-GiaaTest.csv": ["iaa_pub1_.jpg,session2,scene,1.0"],
}
IMAGES = ("session1/iaa_pub1_.jpg", "session2/iaa_pub1_.jpg", "session2/iaa_pub2_.jpg")


def lay_out(root, lines=LINES, users=USERS, lists=LISTS, images=IMAGES, newline="\n", annotation="annotation"):
    for name in images:
        (root / "imgs" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "imgs" / name).touch()
    files = {"PARA-Images.csv": [HEADER, *lines], "PARA-UserInfo.csv": users}
    files |= {name: ["imageName,sessionId,semantic,aestheticScore_mean", *rows] for name, rows in lists.items()}
    (root / annotation).mkdir(exist_ok=True)
    for name, rows in files.items():
        (root / annotation / name).write_bytes(newline.join(rows).encode("utf-8-sig") + newline.encode())
    return root


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("annotation", ["annotation", "."])
@pytest.mark.parametrize("test_list", ["PARA-GiaaTest.csv", "ARA-GiaaTest.csv"])
def test_the_published_layout(tmp_path, newline, annotation, test_list):
    lists = {"PARA-GiaaTrain.csv": LISTS["PARA-GiaaTrain.csv"], test_list: LISTS["PARA-GiaaTest.csv"]}
    table = para.read(lay_out(tmp_path, lists=lists, newline=newline, annotation=annotation))
    assert table.user_ids.tolist() == ["A3c6418", "Aff"]
    assert table.image_ids.tolist() == list(IMAGES)
    assert table.image_files.tolist() == [f"imgs/{name}" for name in IMAGES]
    assert (table.user.tolist(), table.image.tolist()) == ([0, 0, 1, 1], [0, 2, 0, 1])
    np.testing.assert_array_equal(table.score, np.float32([0.5, 1, 0.875, 0]))
    assert table.trait_names == ("O", "C", "E", "A", "N", "age")
    np.testing.assert_array_equal(table.traits, np.float32([[np.nan] * 5 + [30], [0.5, 1, -1, -0.5, 0, 23.5]]))
    assert table.attribute_names[0] == "qualityScore"
    np.testing.assert_allclose(table.attributes[0], [3.6, 4, 4, 3, 3, 3, 0.5, 0, 3.5, 4], rtol=1e-6)
    np.testing.assert_array_equal(table.image_score, np.float32([0.6875, 0, 1]))
    assert {name: list(members) for name, members in table.image_lists.items()} == {
        "giaa_train": [0, 2],
        "giaa_test": [1],
    }
    assert set(table.dropped.values()) == {0}


def test_dirt_is_counted(tmp_path):
    dirt = [
        LINES[1].replace("4.5", "1.0"),  # rated again: the first counts
        "session9,iaa_pub1_.jpg,Aff,2.0,2.0,1,1,1,1,1,1,sadness,0,1,1,scene",
        "session1,iaa_pub1_.jpg,Anew,2.0,,1,1,1,1,1,1,,0,1,1,",
        "",
    ]
    root = lay_out(tmp_path, lines=[*LINES, *dirt], images=(*IMAGES, "session1/spare.jpg"))
    with pytest.raises(UserError, match=r"1 of the 4 images \(25\.0 %\).*first: session9/iaa_pub1_\.jpg"):
        para.read(root)
    table = para.read(root, max_missing=0.25)
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 1,
        "duplicated ratings": 1,
        "images without labels": 1,
        "users without traits": 1,
    }
    assert table.score[table.user == 2].tolist() == [0.25]
    assert table.score[2] == np.float32(0.875)


def test_a_copy_without_lists(tmp_path):
    table = para.read(lay_out(tmp_path, lists={}))
    assert table.image_lists == {}
    assert np.isnan(table.image_score).all()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"lines": [*LINES, LINES[0].replace("3.0", "5.5")]},
            r"line 6: aestheticScore '5\.5' is not a number in 1\.\.5",
        ),
        ({"lines": [*LINES, LINES[0].replace("3.0", "good")]}, "line 6: aestheticScore 'good' is not a number"),
        ({"lines": [*LINES, LINES[0].replace("A3c6418", "")]}, "line 6: userId '' is blank"),
        ({"lines": [*LINES, LINES[0].replace("session1", "..")]}, "line 6: sessionId .* leaves the directory"),
        (
            {"users": [*USERS, USERS[1].replace("Aff", "B").replace("10", "11")]},
            "line 5: personality-C '11.0' is not",
        ),
        ({"users": [*USERS, USERS[1]]}, "line 5: userId 'Aff' stands there twice"),
        (
            {"lists": {"PARA-GiaaTrain.csv": ["a,b,c,7"]}},
            r"line 2: aestheticScore_mean '7\.0' is not a number in 1\.\.5",
        ),
    ],
)
def test_mistakes(tmp_path, change, sentence):
    with pytest.raises(UserError, match=sentence):
        para.read(lay_out(tmp_path, **change))


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"holds no file annotation/PARA-Images\.csv or PARA-Images\.csv"):
        para.read(tmp_path)
    root = lay_out(tmp_path)
    (root / "annotation" / "PARA-UserInfo.csv").unlink()
    with pytest.raises(UserError, match=r"holds no file annotation/PARA-UserInfo\.csv"):
        para.read(root)
