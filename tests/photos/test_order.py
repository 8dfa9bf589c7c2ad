"""Ranking, cover, crops and the contact sheet."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
import torch

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.results.contact_sheet import contact_sheet
from piaa_lightning.photos.results.cover import choose_cover
from piaa_lightning.photos.results.crops import best_crops, boxes, shape_of
from piaa_lightning.photos.results.ranking import order_of, ranking_csv, stars_csv
from tests.photos.conftest import read, taste_of


@pytest.fixture
def shelf(prior, store, photos):
    return read(prior, store, photos)


def liking(prior, shelf, directory):
    """Somebody who likes one directory, and has rated four images of each."""
    rated = [n for n, file in enumerate(shelf.files) if file[-5] in "0123"]
    return taste_of(prior, shelf, rated, [float(shelf.files[n].startswith(directory)) for n in rated])


@pytest.mark.parametrize("directory", ["red", "sea"])
def test_what_a_user_likes_comes_first(prior, shelf, directory):
    ranking = order_of(liking(prior, shelf, directory), shelf, Scale(1, 5))
    first = [shelf.files[n] for n in ranking.order[:8]]
    assert all(file.startswith(directory) for file in first)
    assert ranking.places[ranking.order].tolist() == list(range(1, 17))
    assert 1 <= ranking.scores.min() <= ranking.scores.max() <= 5
    assert (np.diff(ranking.stands[ranking.order]) <= 0).all()
    assert (ranking.uncertainty > 0).all()


def test_what_was_said_counts_and_the_model_orders_within_a_star(prior, shelf):
    rated, stars = [0, 3, 5, 9, 12], [5, 5, 3, 1, 4]
    personal = taste_of(prior, shelf, rated, [(given - 1) / 4 for given in stars])
    ranking = order_of(personal, shelf, Scale(1, 5))
    assert ranking.stars[rated].tolist() == stars
    assert np.isnan(np.delete(ranking.stars, rated)).all()
    assert sorted(ranking.places[[0, 3]]) == [1, 2], "five stars stand before everything that is only expected"
    assert ranking.places[9] == 16
    better = max((0, 3), key=lambda number: ranking.scores[number])
    assert ranking.places[better] == 1
    others = taste_of(prior, shelf, [0, 3, 9, 12], [(given - 1) / 4 for given in (5, 5, 1, 4)])
    by_others = others.predict(shelf.seen).scores[5]
    assert abs(ranking.scores[5] - (1 + 4 * float(by_others))) < 0.1, "what it would have been guessed to be"


def test_rated_images_are_known_again_by_what_the_networks_saw(prior, shelf):
    personal = taste_of(prior, shelf, [2, 7], [1.0, 0.0])
    found = order_of(personal, shelf, Scale(1, 5))
    assert found.stars[[2, 7]].tolist() == [5, 1]
    assert np.isnan(np.delete(found.stars, [2, 7])).all()
    copy = Shelf([*shelf.files, "copy.jpg"], [*shelf.digests, "x"], [*shelf.sizes, (1, 1)], shelf.seen[[*range(16), 7]])
    assert order_of(personal, copy, Scale(1, 5)).stars[[2, 7, 16]].tolist() == [5, 1, 1], (
        "copies, whatever they are called"
    )
    others = Shelf(shelf.files[8:], shelf.digests[8:], shelf.sizes[8:], shelf.seen[8:])
    assert np.isnan(order_of(personal, others, Scale(1, 5)).stars).all(), "what was rated lies elsewhere"


def test_what_is_put_last_comes_last_whatever_its_stars(prior, shelf):
    personal = taste_of(prior, shelf, [2, 7], [1.0, 0.0])
    free = order_of(personal, shelf, Scale(1, 5))
    ranking = order_of(personal, shelf, Scale(1, 5), last=[2, 4])
    assert ranking.order[-2:].tolist() == [2, 4]
    assert ranking.order[:-2].tolist() == [number for number in free.order.tolist() if number not in (2, 4)]


def test_the_ranking_as_csv(prior, shelf):
    ranking = order_of(liking(prior, shelf, "sea"), shelf, Scale(1, 5))
    rows = list(csv.DictReader(io.StringIO(ranking_csv(ranking, shelf.files))))
    assert list(rows[0]) == ["image", "stars", "score", "generic", "uncertainty", "rank"]
    assert [row["rank"] for row in rows] == [str(place) for place in range(1, 17)]
    assert rows[0]["image"] == shelf.files[ranking.order[0]]
    assert sorted(row["stars"] for row in rows) == [""] * 8 + ["1"] * 4 + ["5"] * 4


def test_a_contact_sheet_needs_nothing_else(prior, store, shelf):
    shelf.skipped["<script>.jpg"] = "broken & done"
    page = contact_sheet(
        "Mine", ["A note."], shelf, order_of(liking(prior, shelf, "sea"), shelf, Scale(1, 5)), store.thumbnail
    )
    assert page.count("data:image/jpeg;base64,/9j/") == 16
    assert page.count("★ 5") == 4
    assert "http" not in page.replace("data:", "")
    assert "&lt;script&gt;.jpg: broken &amp; done" in page
    assert "<script" not in page


def shelf_seeing(rows):
    values = torch.tensor(rows)
    names = [str(number) for number in range(len(rows))]
    return Shelf(names, names, [(1, 1)] * len(rows), PhotoFeatures(values.half(), torch.zeros(len(rows))))


def test_a_cover_is_the_best_or_the_different():
    alike = shelf_seeing([[1.0, 0], [1, 0.01], [0, 1], [-1, 0.0]])
    scores = torch.tensor([0.9, 0.89, 0.5, 0.1])
    assert choose_cover(scores, alike, 3, diversity=0) == [0, 1, 2]
    assert choose_cover(scores, alike, 2, diversity=0.5) == [0, 2], "its double is passed over"
    assert sorted(choose_cover(scores, alike, 9, diversity=0.5)) == [0, 1, 2, 3]


def test_equal_scores_and_no_images_make_a_cover_too(monkeypatch):
    some = shelf_seeing(torch.randn(5, 4).tolist())
    assert len(set(choose_cover(torch.ones(5), some, 3))) == 3
    assert choose_cover(torch.empty(0), Shelf.empty(4), 3) == []
    monkeypatch.setattr("piaa_lightning.photos.results.cover.CANDIDATES", 2)
    assert sorted(choose_cover(torch.tensor([0.1, 0.9, 0.5, 0.8, 0.2]), some, 4)) == [1, 3]


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


class Eye:
    """Sees how bright a crop is."""

    def squares(self, pixels):
        return pixels

    def look_at_all(self, squares):
        bright = torch.tensor([float(pixels.mean()) for pixels in squares])
        return PhotoFeatures(bright[:, None], bright)


def test_the_best_crop_is_where_the_score_is():
    pixels = np.zeros((90, 160, 3), dtype=np.uint8)
    pixels[:, 120:] = 255  # bright on the right
    eye = Eye()
    bright = best_crops(pixels, ["1:1", "9:16"], eye, lambda seen: seen.score)
    for crop in bright:
        assert crop.box[2] == pytest.approx(1)
        left, upper, right, lower = crop.pixels(160, 90)
        assert (right - left) / (lower - upper) == pytest.approx(shape_of(crop.shape), abs=0.03)
    dark = best_crops(pixels, ["1:1"], eye, lambda seen: -seen.score)
    assert dark[0].box[2] < 0.8


def test_no_table_of_names_holds_a_formula(prior, shelf):
    ranking = order_of(taste_of(prior, shelf, [0, 1], [0.5, 1.0]), shelf, Scale(1, 5), [])
    names = [f"=HYPERLINK({number}).jpg" for number in range(len(shelf.files))]
    for table, rows in ((ranking_csv(ranking, names), len(names)), (stars_csv(ranking, names), 2)):
        assert [line[:3] for line in table.splitlines()[1:]] == ["./="] * rows
