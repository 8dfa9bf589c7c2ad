from __future__ import annotations

import pytest
import torch

from piaa_lightning.evaluation.support_choice import by_information
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.next_to_rate import asking_order, next_to_rate
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.rating_unit import RatingUnit
from tests.photos.conftest import make_folder_prior, make_learnt_prior, make_seen

KINDS = {"folder": make_folder_prior, "learnt": make_learnt_prior}


@pytest.fixture(params=list(KINDS))
def process(request):
    return KINDS[request.param]().process(FolderStatistics.of(make_seen(30)))


def conditioned(process, seen, rated, ratings):
    """The posterior by plain formulas, in the unit of ratings."""
    images = process.describe(seen)
    covariance, unit = process.covariance(images, images).double(), RatingUnit.of(ratings)
    own = covariance[rated][:, rated] + process.noise * torch.eye(len(rated)).double()
    across = covariance[:, rated]
    apart = unit.into(ratings) - images.expected[rated].double()
    mean = unit.back(images.expected.double() + across @ torch.linalg.solve(own, apart))
    left = covariance - across @ torch.linalg.solve(own, across.T)
    return mean, left, unit


@pytest.mark.parametrize("rated", [[], [4], [0, 7, 12, 20]])
def test_scores_are_the_posterior_and_uncertainty_is_what_is_left(process, rated):
    seen, ratings = make_seen(30), torch.linspace(0, 1, len(rated)).double()
    personal = PersonalModel(process, seen[rated], ratings)
    mean, left, unit = conditioned(process, seen, rated, ratings)
    found = personal.predict(seen)
    assert found.scores.numpy() == pytest.approx(mean.numpy(), abs=1e-4)
    assert personal.score(seen).numpy() == pytest.approx(mean.numpy(), abs=1e-4)
    assert found.uncertainty.square().numpy() == pytest.approx(left.diagonal().numpy() * unit.spread**2, abs=1e-3)
    assert personal.says_something is bool(rated)


def test_many_images_are_scored_a_few_at_a_time(process, monkeypatch):
    seen = make_seen(30)
    personal = PersonalModel(process, seen[[1, 2]], torch.tensor([0.0, 1.0]))
    whole = personal.predict(seen)
    monkeypatch.setattr("piaa_lightning.photos.learning.personal_model.ROWS", 7)
    parts = personal.predict(seen)
    assert parts.scores.numpy() == pytest.approx(whole.scores.numpy(), abs=1e-5)
    assert len(personal.predict(PhotoFeatures.nothing(8)).scores) == 0


def test_a_rated_image_is_judged_by_the_others(process):
    seen, rated, ratings = make_seen(30), [3, 8, 11], torch.tensor([0.0, 1.0, 0.75])
    expected, left = PersonalModel(process, seen[rated], ratings).without_own()
    others = PersonalModel(process, seen[rated[1:]], ratings[1:])
    unit = RatingUnit.of(ratings).spread / others.unit.spread  # both are told in their own unit
    images = others.process.describe(seen[rated[:1]])
    apart = RatingUnit.of(ratings).into(ratings[1:].double())
    across = process.covariance(images, process.describe(seen[rated[1:]])).double()
    own = process.covariance(*[process.describe(seen[rated[1:]])] * 2).double() + process.noise * torch.eye(2).double()
    told = apart - process.describe(seen[rated[1:]]).expected.double()
    by_hand = RatingUnit.of(ratings).back(images.expected.double() + across @ torch.linalg.solve(own, told))
    assert float(expected[0]) == pytest.approx(float(by_hand), abs=1e-4)
    assert float(left[0]) == pytest.approx(float(others.predict(seen[rated[:1]]).uncertainty) * unit, rel=1e-3)


def test_even_equal_stars_say_what_is_liked(process):
    """Who gives five stars to two images likes what is like them more than what is not."""
    seen = make_seen(30)
    fond = PersonalModel(process, seen[[4, 9]], torch.ones(2)).predict(seen)
    nobody = PersonalModel(process, seen[[]], torch.empty(0)).predict(seen)
    gain = (fond.scores - nobody.scores).numpy()
    assert gain[[4, 9]].min() > gain.mean()
    assert torch.equal(fond.generic, nobody.generic)


def test_what_is_asked_is_the_greedy_order_of_what_is_left(process):
    """Of the correlations that the rated images leave, by plain formulas."""
    seen, rated = make_seen(30), [4, 9]
    images = process.describe(seen)
    covariance = process.covariance(images, images).double()
    spread = covariance.diagonal().sqrt()
    left = [number for number in range(30) if number not in rated]
    alike = covariance / spread[:, None] / spread * covariance.diagonal()[left].mean()
    own = alike[rated][:, rated] + process.noise * torch.eye(2).double()
    after = alike[left][:, left] - alike[left][:, rated] @ torch.linalg.inv(own) @ alike[rated][:, left]
    expected = by_information(after.numpy(), process.noise, 3)
    assert asking_order(process, seen[left], seen[rated], 3) == expected.tolist()


def test_next_to_rate_is_none_of_those_that_were_rated_or_skipped(process):
    seen = make_seen(30)
    nobody = PersonalModel(process, seen[[]], torch.empty(0))
    first = next_to_rate(nobody, seen, [], 5)
    assert len(set(first)) == 5
    after = PersonalModel(process, seen[first[:2]], torch.tensor([0.1, 0.9]))
    asked = next_to_rate(after, seen, first[:2], 3, skip=[first[2]])
    assert not set(asked) & set(first[:3])
    assert next_to_rate(after, seen, list(range(30))) == []


def test_an_odd_image_is_not_asked_first(process):
    seen = make_seen(30)
    seen.values[7] = 20.0  # far from all others
    nobody = PersonalModel(process, seen[[]], torch.empty(0))
    assert next_to_rate(nobody, seen, [], 1) != [7]
