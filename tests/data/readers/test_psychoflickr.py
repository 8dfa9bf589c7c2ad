"""PsychoFlickr: a directory per user, traits in a csv or beside every image."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data.readers import psychoflickr
from piaa_lightning.errors import UserError

TRAITS = "user,O,C,E,A,N,self_O,self_C,self_E,self_A,self_N\nu2,4,2,0,-2,-4,0,0,0,0,4\nu1,1,1,1,1,1,-4,-4,-4,-4,-4\n"
LINES = ["u1/a b.jpg 1 1 1 1 1", "u2/a.jpg 4 2 0 -2 -4", "u2/c.jpg 4 2 0 -2 -4"]
IMAGES = ("u1/a b.jpg", "u2/a.jpg", "u2/c.jpg")


def lay_out(root, below="", traits=TRAITS, lines=None, images=IMAGES):
    for name in images:
        path = root / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if lines is None:
        (root / "traits.csv").write_text(traits)
    else:
        (root / "labels.txt").write_text("\n".join(lines))
    return root


def check(table, below):
    assert table.user_ids.tolist() == ["u1", "u2"]
    assert table.image_ids.tolist() == list(IMAGES)
    assert table.image_files.tolist() == [below + name for name in IMAGES]
    assert table.user.tolist() == [0, 1, 1]
    assert table.image.tolist() == [0, 1, 2]
    assert table.score.tolist() == [1, 1, 1]
    assert table.trait_names == ("O", "C", "E", "A", "N")
    np.testing.assert_array_equal(table.traits, np.float32([[0.25] * 5, [1, 0.5, 0, -0.5, -1]]))
    assert set(table.dropped.values()) == {0}


@pytest.mark.parametrize("below", ["", "images/"])
def test_a_table_of_users(tmp_path, below):
    check(psychoflickr.read(lay_out(tmp_path, below), trait_range=[-4, 4]), below)


@pytest.mark.parametrize("below", ["", "images/"])
@pytest.mark.parametrize("written", ["", "./"])
def test_the_authors_file(tmp_path, below, written):
    root = lay_out(tmp_path, below, lines=[written + line for line in LINES])
    check(psychoflickr.read(root, trait_range=[-4, 4]), below)


def test_the_authors_file_with_paths_from_the_root(tmp_path):
    root = lay_out(tmp_path, "images/", lines=[f"images/{line}" for line in LINES])
    check(psychoflickr.read(root, trait_range=[-4, 4]), "images/")


def test_traits_as_users_see_themselves(tmp_path):
    table = psychoflickr.read(lay_out(tmp_path), trait_range=[-4, 4], traits="self")
    np.testing.assert_array_equal(table.traits, np.float32([[-1] * 5, [0, 0, 0, 0, 1]]))


def test_users_without_images_and_images_without_users_are_counted(tmp_path):
    root = lay_out(tmp_path, traits=TRAITS + "u3,1,1,1,1,1,1,1,1,1,1\n", images=(*IMAGES, "u4/z.jpg", "loose.jpg"))
    with pytest.raises(UserError, match=r"1 of the 3 users \(33\.3 %\).*first: u3"):
        psychoflickr.read(root, trait_range=[-4, 4])
    table = psychoflickr.read(root, trait_range=[-4, 4], max_missing=0.34)
    assert table.user_ids.tolist() == ["u1", "u2"]
    assert table.dropped["users without images"] == 1
    assert table.dropped["images without labels"] == 2


@pytest.mark.parametrize(
    ("layout", "options", "sentence"),
    [
        ({"traits": TRAITS + "u3,5,1,1,1,1,1,1,1,1,1\n"}, {}, r"traits\.csv, line 4: O '5' is not a number in -4\.\.4"),
        ({"traits": TRAITS + "u1,1,1,1,1,1,1,1,1,1,1\n"}, {}, "line 4: user 'u1' stands there twice"),
        ({"traits": "user,O,C,E,A,N\nu1,1,1,1,1,1\n"}, {"traits": "self"}, "no column self_O"),
        ({}, {"traits": "guessed"}, "choose attributed or self"),
        ({}, {"trait_range": [4, -4]}, "trait_range"),
        ({"lines": [*LINES, "u2/a.jpg 4 2 0 -2"]}, {}, r"labels\.txt, line 4: .* has not 6 fields"),
        ({"lines": [*LINES, "a.jpg 4 2 0 -2 -4"]}, {}, "line 4: image 'a.jpg' lies in no user's directory"),
        ({"lines": [*LINES, "../a.jpg 4 2 0 -2 -4"]}, {}, "line 4: .* leaves"),
        ({"lines": [*LINES, "u2/a.jpg 4 2 0 -2 -3"]}, {}, "line 4: user 'u2' has other traits"),
        ({"lines": [*LINES, "u2/a.jpg 4 2 0 x -3"]}, {}, "line 4: A 'x' is not a number"),
        ({"lines": LINES}, {"traits": "self"}, "set traits=attributed"),
        ({"lines": [*LINES, "u2/b.jpg 4 2 0 -2 -4"]}, {}, r"1 of the 4 images .*first: u2/b\.jpg"),
    ],
)
def test_mistakes(tmp_path, layout, options, sentence):
    with pytest.raises(UserError, match=sentence):
        psychoflickr.read(lay_out(tmp_path, **layout), **{"trait_range": [-4, 4], **options})


def test_nothing_there(tmp_path):
    with pytest.raises(UserError, match=r"holds no file traits\.csv or \*\.txt"):
        psychoflickr.read(tmp_path, trait_range=[-4, 4])
