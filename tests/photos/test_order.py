"""Ranking, cover, crops and the contact sheet."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.contact_sheet import contact_sheet
from piaa_lightning.photos.cover import choose_cover
from piaa_lightning.photos.crops import best_crops, boxes, shape_of
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.ranking import order_of, ranking_csv
from tests.photos.conftest import read


@pytest.fixture
def shelf(prior, store, photos):
    return read(prior, store, photos)


def liking(prior, shelf, directory):
    """Somebody who likes one directory."""
    rated = [n for n, file in enumerate(shelf.files) if file[-5] in "0123"]
    scores = torch.tensor([float(shelf.files[n].startswith(directory)) for n in rated])
    return PersonalModel(prior.users, shelf.rows[rated], scores)


@pytest.mark.parametrize("directory", ["red", "sea"])
def test_what_a_user_likes_comes_first(prior, shelf, directory):
    ranking = order_of(liking(prior, shelf, directory), shelf, Scale(1, 5))
    first = [shelf.files[n] for n in ranking.order[:8]]
    assert all(file.startswith(directory) for file in first)
    assert ranking.places[ranking.order].tolist() == list(range(1, 17))
    assert 1 <= ranking.scores.min() <= ranking.scores.max() <= 5
    assert (np.diff(ranking.scores[ranking.order]) <= 0).all()


def test_the_ranking_as_csv(prior, shelf):
    ranking = order_of(liking(prior, shelf, "sea"), shelf, Scale(1, 5))
    rows = list(csv.DictReader(io.StringIO(ranking_csv(ranking, shelf.files))))
    assert [row["rank"] for row in rows] == [str(place) for place in range(1, 17)]
    assert rows[0]["image"] == shelf.files[ranking.order[0]]
    assert sorted(int(row["generic_rank"]) for row in rows) == list(range(1, 17))


def test_a_contact_sheet_needs_nothing_else(prior, store, shelf):
    shelf.skipped["<script>.jpg"] = "broken & done"
    page = contact_sheet(
        "Mine", ["A note."], shelf, order_of(liking(prior, shelf, "sea"), shelf, Scale(1, 5)), store.thumbnail
    )
    assert page.count("data:image/jpeg;base64,/9j/") == 16
    assert "http" not in page.replace("data:", "")
    assert "&lt;script&gt;.jpg: broken &amp; done" in page
    assert "<script" not in page


def test_a_cover_is_the_best_or_the_different():
    rows = torch.tensor([[0.0, 1, 0], [0, 1, 0.01], [0, 0, 1], [0, -1, 0.0]])
    scores = torch.tensor([0.9, 0.89, 0.5, 0.1])
    assert choose_cover(scores, rows, 3, diversity=0) == [0, 1, 2]
    assert choose_cover(scores, rows, 2, diversity=0.5) == [0, 2], "its double is passed over"
    assert choose_cover(scores, rows, 2, diversity=1) == [0, 2], "an opposite is not worth more than another"
    assert sorted(choose_cover(scores, rows, 9, diversity=0.5)) == [0, 1, 2, 3]


def test_equal_scores_make_a_cover_too():
    assert len(set(choose_cover(torch.ones(5), torch.randn(5, 4), 3))) == 3


@pytest.mark.parametrize("text", ["16/9", "0:1", "1:0", "", "a:b", "1:1:1"])
def test_a_shape_that_is_none_is_said(text):
    with pytest.raises(UserError, match="is no shape"):
        shape_of(text)


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (1000, 100)])
@pytest.mark.parametrize("shape", ["1:1", "16:9", "9:16", "2:3"])
def test_boxes_lie_inside_and_have_the_shape(size, shape):
    width, height = size
    found = boxes(width, height, shape_of(shape))
    for left, upper, right, lower in found:
        assert 0 <= left < right <= 1 + 1e-9
        assert 0 <= upper < lower <= 1 + 1e-9
        assert (right - left) * width / ((lower - upper) * height) == pytest.approx(shape_of(shape))
    assert len(set(found)) == len(found)


def test_the_best_crop_is_where_the_score_is():
    pixels = np.zeros((90, 160, 3), dtype=np.uint8)
    pixels[:, 120:] = 255  # bright on the right
    bright = best_crops(pixels, ["1:1", "9:16"], 16, "bilinear", lambda s: s.float().mean(dim=(1, 2, 3)))
    for crop in bright:
        assert crop.box[2] == pytest.approx(1)
        left, upper, right, lower = crop.pixels(160, 90)
        assert (right - left) / (lower - upper) == pytest.approx(shape_of(crop.shape), abs=0.03)
    dark = best_crops(pixels, ["1:1"], 16, "bilinear", lambda s: -s.float().mean(dim=(1, 2, 3)))
    assert dark[0].box[2] < 0.8
