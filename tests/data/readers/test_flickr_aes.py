"""FLICKR-AES as its copies really lie on disks, with every sort of dirt that was seen in them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import numpy as np
import pytest

from piaa_lightning.data.readers import flickr_aes
from piaa_lightning.errors import UserError

CSV = "FLICKR-AES_image_labeled_by_each_worker.csv"
TXT = "FLICKR-AES_image_score.txt"
PUBLISHED_HEADER = "worker, imagePair, score"
ROWS = ["B,c.jpg,5", "A,a.jpg,1", "A,b.jpg,2", "B,a.jpg,4"]
SCORES = [" a.jpg 0.4", "b.jpg 0.25", "c.jpg 1", "unrated.jpg 0.5"]


def lay_out(
    root, header=PUBLISHED_HEADER, rows=ROWS, scores=SCORES, csv=CSV, images="40K", end="\n", labels="", bom=b""
):
    folder = root / images
    folder.mkdir(parents=True)
    for name in ("a.jpg", "b.jpg", "c.jpg", "unrated.jpg"):
        (folder / name).touch()
    (root / labels).mkdir(exist_ok=True)
    (root / labels / csv).write_bytes(bom + end.join([header, *rows, ""]).encode())
    (root / labels / TXT).write_bytes(end.join([*scores, ""]).encode())
    return root


VARIANTS = {
    "published": {},
    "cleaned header": {"header": "worker,imagePair,score"},
    "leading space in the file name": {"csv": " " + CSV},
    "nested images": {"images": "FLICKR-AES-001/40K"},
    "everything nested": {"images": "FLICKR-AES-001/40K", "labels": "FLICKR-AES-001"},
    "Windows line ends": {"end": "\r\n"},
    "byte order mark": {"bom": b"\xef\xbb\xbf"},
    "spaces around values": {"rows": [row.replace(",", " , ") for row in ROWS]},
    "blank lines": {"rows": [ROWS[0], "", *ROWS[1:], ""]},
    "lines in another order": {"rows": ROWS[::-1], "scores": SCORES[::-1]},
}


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_copy_gives_the_same_table(tmp_path, variant):
    table = flickr_aes.read(lay_out(tmp_path, **variant))
    assert table.image_ids.tolist() == ["a.jpg", "b.jpg", "c.jpg", "unrated.jpg"]
    prefix = variant.get("images", "40K")
    assert table.image_files.tolist() == [f"{prefix}/{name}" for name in table.image_ids]
    assert table.user_ids.tolist() == ["A", "B"]
    assert table.user.tolist() == [0, 0, 1, 1]
    assert table.image.tolist() == [0, 1, 0, 2]
    np.testing.assert_array_equal(table.score, np.float32([0, 0.25, 0.75, 1]))
    np.testing.assert_array_equal(table.image_score, np.float32([0.4, 0.25, 1, 0.5]))
    assert (table.scale.low, table.scale.high) == (1, 5)
    assert all(count == 0 for count in table.dropped.values())


def test_dirt_is_dropped_and_counted(tmp_path):
    rows = [*ROWS, "A,a.jpg,5", "A,gone.jpg,3", "B,gone.jpg,3"]
    root = lay_out(tmp_path, rows=rows, scores=SCORES[:3])
    (root / "40K" / "._a.jpg").touch()
    (root / "40K" / "notes.txt").touch()
    table = flickr_aes.read(root, max_missing=0.25)
    assert table.score[0] == 0  # of the pair A, a.jpg the first rating counts
    assert table.ratings == 4
    assert table.image_ids.tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 2,
        "duplicated ratings": 1,
        "images without labels": 1,
    }


def test_an_image_without_published_score_has_none(tmp_path):
    table = flickr_aes.read(lay_out(tmp_path, scores=SCORES[1:]))
    assert np.isnan(table.image_score[0])
    assert table.image_score[1] == 0.25


def test_too_many_missing_images_stop(tmp_path):
    root = lay_out(tmp_path)
    (root / "40K" / "b.jpg").unlink()
    with pytest.raises(UserError, match=r"1 of the 4 images \(25\.0 %\).*first: b\.jpg.*max_missing=0\.25"):
        flickr_aes.read(root)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("A,c.jpg,6", r"line 6: score '6' is not a number in 1\.\.5"),
        ("A,c.jpg,0", "line 6: score '0'"),
        ("A,c.jpg,nan", "line 6: score 'nan'"),
        ("A,c.jpg,inf", "line 6: score 'inf'"),
        ("A,c.jpg,good", "line 6: score 'good'"),
        ("A,c.jpg", "line 6: score ''"),
        (",c.jpg,3", "line 6: worker '' is blank"),
        ("A,,3", "line 6: imagePair '' is blank"),
        ("A,../c.jpg,3", r"line 6: imagePair '\.\./c\.jpg' leaves"),
        ("A,x/../../c.jpg,3", "line 6: imagePair .* leaves"),
        ("A,/c.jpg,3", "line 6: imagePair '/c.jpg' leaves"),
        (r"A,..\c.jpg,3", "line 6: imagePair .* leaves"),
        (r"A,C:\c.jpg,3", "line 6: imagePair .* leaves"),
        ("A,c.jpg,3,4", "line 6"),
    ],
)
def test_a_bad_line_is_named(tmp_path, row, sentence):
    with pytest.raises(UserError, match=sentence):
        flickr_aes.read(lay_out(tmp_path, rows=[*ROWS, row]))


def test_a_bad_line_after_a_blank_line_is_named(tmp_path):
    with pytest.raises(UserError, match="line 7: score 'x'"):
        flickr_aes.read(lay_out(tmp_path, rows=[*ROWS, "", "A,c.jpg,x"]))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"header": "worker,image,score"}, "has no column imagePair .it has worker, image, score"),
        ({"header": "worker,score"}, "no column imagePair"),
        ({"rows": []}, "holds a header and nothing else"),
        ({"scores": []}, f"{TXT} is empty"),
        ({"scores": ["a.jpg"]}, f"{TXT}, line 1: 'a.jpg' has not 2 fields"),
        ({"scores": [*SCORES, "a.jpg 1.5"]}, f"{TXT}, line 5: score '1.5' is not a number in 0..1"),
        ({"csv": "other.csv"}, f"holds no file {CSV} or FLICKR-AES-001/{CSV}"),
        ({"images": "images"}, "holds no directory 40K or FLICKR-AES-001/40K"),
    ],
)
def test_a_bad_file_is_named(tmp_path, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        flickr_aes.read(lay_out(tmp_path, **changes))


def test_no_directory(tmp_path):
    with pytest.raises(UserError, match="nowhere is not a directory"):
        flickr_aes.read(tmp_path / "nowhere")


def test_an_empty_file(tmp_path):
    lay_out(tmp_path)
    (tmp_path / CSV).write_bytes(b"")
    with pytest.raises(UserError, match="is empty"):
        flickr_aes.read(tmp_path)


def test_nothing_left(tmp_path):
    root = lay_out(tmp_path)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (root / "40K" / name).unlink()
    with pytest.raises(UserError, match="holds no rating of an image"):
        flickr_aes.read(root, max_missing=1)


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of the package run while something is done."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object):
        nonlocal count
        if "piaa_lightning" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_nothing_loops_over_ratings_in_python(tmp_path):
    """Ten times as many ratings of the same images: hardly a line more is run."""
    images = range(300)
    counts = {}
    for ratings in (600, 6000):
        root = lay_out(
            tmp_path / str(ratings),
            scores=[f"p{n}.jpg 0.5" for n in images],
            rows=[f"W{n // 100},p{n % 300}.jpg,{n % 5 + 1}" for n in range(ratings)],
        )
        for n in images:
            (root / "40K" / f"p{n}.jpg").touch()
        counts[ratings] = lines_run(lambda root=root: flickr_aes.read(root))
    assert flickr_aes.read(root).ratings == 6000
    assert counts[600] > 0
    assert counts[6000] - counts[600] < 600
