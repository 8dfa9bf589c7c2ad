from __future__ import annotations

import re

import pytest
import torch

from piaa_lightning.data.ratings import Scale
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.process import Described, Process
from piaa_lightning.photos.results.why import Why

NUMBER = re.compile(r"([+−±])(\d+\.\d) ")


def describe(seen):
    """A process that knows two directions and a score for everybody."""
    return Described(seen.score, seen.values.float(), seen.values[:, :0].float(), seen.values[:, :0].float())


def shelf_of(values, score=None):
    rows = torch.tensor(values)
    files = [f"{number}.jpg" for number in range(len(rows))]
    seen = PhotoFeatures(rows, torch.zeros(len(rows)) if score is None else torch.tensor(score))
    return Shelf(files, files, [(1, 1)] * len(rows), seen)


PLUS = [[2.0, 0.0], [-2.0, 0.0], [0.0, 2.0], [0.0, -2.0], [1.9, 0.1], [-1.9, 0.3]]


def liking(shelf, rated, scores):
    return PersonalModel(Process(describe, 1.0), shelf.seen[rated], torch.tensor(scores))


def test_a_sentence_by_hand():
    """Two ratings whose images are orthogonal to the others': each weight is r / (k + noise), K is diagonal."""
    shelf = shelf_of([[2.0, 0.0], [0.0, 2.0], [1.0, 0.0], [-1.0, -2.0]], [0.0, 0.0, 0.8, -0.8])
    personal = liking(shelf, [0, 1], [1.0, 0.5])
    spread = personal.unit.spread
    first = 0.5 / spread / (4 + 1) * spread  # its weight on the scale from 0 to 1; the second's is 0
    mean = (4 + 0 + 2 - 2) / 4  # of the covariances with the first one
    pull = (2 - mean) * first
    anybody = 0.8 * spread
    (reason,) = Why(personal, shelf).reasons([2])
    assert reason.pulls.tolist() == pytest.approx([pull, 0.0])
    assert reason.anybody == pytest.approx(anybody, abs=1e-6)
    (sentence,) = Why(personal, shelf).sentences([2])
    total, up, by_taste = (f"{4 * share:.1f}" for share in (pull + anybody, pull, anybody))
    assert sentence == (
        f"{total} above the average of this folder: +{up} for being like 0.jpg (5 stars), +{by_taste} by anybody's"
        " taste."
    )


def test_who_is_near_what_was_liked_and_who_is_far_from_what_was_not():
    shelf = shelf_of(PLUS)
    why = Why(liking(shelf, [0, 1, 3], [1.0, 0.0, 0.5]), shelf)
    liked, disliked = why.sentences([4, 5])
    assert "above the average of this folder: +" in liked
    assert "for being like 0.jpg (5 stars) and unlike 1.jpg (1 star)" in liked
    assert "below the average of this folder: −" in disliked
    assert re.search(r"for being like 1\.jpg \(1 star\) and unlike 0\.jpg \(5 stars\)", disliked)


def test_the_numbers_of_a_sentence_add_up():
    shelf = shelf_of(torch.randn(20, 2, generator=torch.Generator().manual_seed(1)).tolist())
    rated = list(range(8))
    why = Why(liking(shelf, rated, [number / 7 for number in rated]), shelf)
    for sentence in why.sentences(range(20)):
        told, parts = sentence.split(": ", 1)
        found = re.search(r"(\d+\.\d) (above|below)", told)
        whole = 0.0 if found is None else float(found[1]) * (1 if found[2] == "above" else -1)
        numbers = [float(value) * (-1 if sign == "−" else 1) for sign, value in NUMBER.findall(parts)]
        assert sum(numbers) == pytest.approx(whole, abs=0.05 * (len(numbers) + 1)), sentence


def test_a_rated_photograph_is_judged_by_the_others_and_copies_of_it_too():
    shelf = shelf_of([*PLUS, PLUS[0]])
    why = Why(liking(shelf, [0, 1], [1.0, 0.0]), shelf)
    for sentence in why.sentences([0, 6]):
        assert sentence.startswith("Judged by the other ratings, ")
        assert "0.jpg" not in sentence
        assert "unlike 1.jpg (1 star)" in sentence


def test_without_ratings_anybodys_taste_is_all_there_is():
    shelf = shelf_of(PLUS, [1.0, 0, 0, 0, 0, 0])
    nobody = liking(shelf, [], [])
    assert next(iter(Why(nobody, shelf).sentences([0]))).endswith(" by anybody's taste.")
    alike = shelf_of(PLUS)
    assert list(Why(nobody, alike).sentences([0])) == ["As the average of this folder: ±0.0 by anybody's taste."]


def test_what_lies_elsewhere_has_no_name_and_other_scales_have_no_stars():
    shelf = shelf_of(PLUS)
    personal = liking(shelf, [0, 1], [1.0, 0.0])
    (sentence,) = Why(personal, shelf_of(PLUS[2:]), Scale(0, 100)).sentences([2])
    assert "like a photograph elsewhere (rated 100)" in sentence
    odd = shelf_of(PLUS)
    odd.files[0] = "\x1b[2J.jpg"
    assert "\\x1b[2J.jpg (5 stars)" in next(Why(personal, odd).sentences([4]))
