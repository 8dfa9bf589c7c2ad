from __future__ import annotations

import pytest
from PIL import Image

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.stars.ratings import equal_note, read_ratings
from piaa_lightning.photos.stars.stars import EXIF_RATING

FIVE = Scale(1, 5)
FILES = ["a.jpg", "x/b.jpg", "x/c.jpg", "y/c.jpg"]


def told(tmp_path, text, scale=FIVE):
    (tmp_path / "ratings.csv").write_text(text)
    return read_ratings(str(tmp_path / "ratings.csv"), tmp_path, FILES, scale)


def test_paths_and_names_that_occur_once(tmp_path):
    found = told(tmp_path, "image, score\nb.jpg, 4\n./a.jpg,2.5\nx/c.jpg,1\nb.jpg,5\n")
    assert found.scores == {"x/b.jpg": 5, "a.jpg": 2.5, "x/c.jpg": 1}, "the last line of a photograph counts"
    assert found.missing == []


def test_names_that_are_not_there_or_not_clear_are_left_out_and_named(tmp_path):
    found = told(tmp_path, "score,image\n4,a.jpg\n4,c.jpg\n2,../a.jpg\n")
    assert found.scores == {"a.jpg": 4}
    assert found.missing == ["c.jpg", "../a.jpg"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("image,score\nnowhere.jpg,4\n", "rates no photograph that lies in .*the first of 1 is nowhere.jpg"),
        ("image,score\n", "holds a header and nothing else"),
        ("photo,stars\na.jpg,4\n", "must name the columns image,score; it has photo, stars"),
        ("", "it has nothing"),
        ("image,score\na.jpg,good\n", "line 2: score 'good' is not a number"),
        ("image,score\na.jpg,\n", "line 2: score '' is not a number"),
        ("image,score\na.jpg,nan\n", "is not a number"),
        ("image,score\na.jpg\n", "is not a number"),
        ("image|score\na.jpg|4\n", "it has image|score"),
        ("image,score\na.jpg,3\nx/b.jpg,3,5\n", "Expected 2 fields in line 3, saw 3"),
        ("image;score\na.jpg;3,5\n", "line 2: score '3,5' is not a number .with a point for the comma"),
        ('image,score\n"a.jpg,4\nx/b.jpg,3\n', "EOF inside string"),
        ("image,score\n,4\n", "line 2: image '' is blank"),
        ("image,score,score\na.jpg,4,5\n", "the column score twice"),
        ("\nimage,score\na.jpg,4\n", "first line is blank"),
        ("image,score\na.jpg,4,5\n", "from line 2 on, have more fields than its header"),
        ("image,stars,score\na.jpg,,4\n", "rates no photograph"),
        ("rank,image,score,generic_rank\n1,a.jpg,4,1\n", "its scores were predicted .* and are nobody's ratings"),
        ("image,score\na.jpg,7\n", r"line 2: the score 7 is outside 1 to 5.*rating_scale"),
    ],
)
def test_every_mistake_is_one_sentence(tmp_path, text, words):
    with pytest.raises(UserError, match=words):
        told(tmp_path, text)


def test_a_missing_file_and_one_that_is_no_text(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_ratings(str(tmp_path / "none.csv"), tmp_path, FILES)
    (tmp_path / "ratings.csv").write_bytes(b"\xff\xfe\x00\x01" * 9)
    with pytest.raises(UserError, match="holds a header and nothing else"):
        read_ratings(str(tmp_path / "ratings.csv"), tmp_path, FILES)


def test_stars_that_nobody_gave(tmp_path):
    with pytest.raises(UserError, match=r"none of the 4 photographs .* has stars"):
        read_ratings("stars", tmp_path, FILES)


def test_another_scale(tmp_path):
    assert told(tmp_path, "image,score\na.jpg,7\n", Scale(1, 7)).scale == Scale(1, 7)


def test_equal_ratings_are_told_of():
    assert equal_note([1.0, 2.0]) == equal_note([3.0]) == equal_note([]) == ""
    assert "All 3 ratings are 4: what is learnt is what these photographs have in common" in equal_note([4.0] * 3)


def test_of_a_ranking_only_the_stars_are_learnt_from(tmp_path):
    text = "image,stars,score,generic,uncertainty,rank\na.jpg,5,3.1,3,1,1\nx/b.jpg,,3.0,3,1,2\nx/c.jpg,2,3.2,3,1,3\n"
    assert told(tmp_path, text).scores == {"a.jpg": 5, "x/c.jpg": 2}


@pytest.mark.parametrize(
    ("stars", "refused"),
    [([1] * 5, True), ([3] * 8, True), ([1] * 4, False), ([1] * 5 + [None], False), ([1] * 5 + [2], False)],
)
def test_stars_that_a_camera_writes_into_every_file_are_asked_about(tmp_path, stars, refused):
    files = [f"{number}.jpg" for number in range(len(stars))]
    for file, given in zip(files, stars, strict=True):
        exif = Image.Exif()
        if given is not None:
            exif[EXIF_RATING] = given
        Image.new("RGB", (8, 8)).save(tmp_path / file, exif=exif)
    if refused:
        with pytest.raises(UserError, match=r"has the same [13] stars, as some cameras write them; rate some better"):
            read_ratings("stars", tmp_path, files)
    else:
        assert len(read_ratings("stars", tmp_path, files).scores) == sum(given is not None for given in stars)
