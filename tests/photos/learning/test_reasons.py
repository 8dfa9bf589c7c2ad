from __future__ import annotations

import pytest
import torch

from piaa_lightning.personalizers.posterior import Posterior
from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.reasons import Reasons
from tests.photos.conftest import make_folder_prior, make_learnt_prior, make_seen

KINDS = {"folder": make_folder_prior, "learnt": make_learnt_prior}
RATED = [0, 7, 12, 20]


@pytest.fixture(params=list(KINDS))
def process(request):
    return KINDS[request.param]().process(FolderStatistics.of(make_seen(30)))


@pytest.fixture
def personal(process):
    return PersonalModel(process, make_seen(30)[RATED], torch.tensor([0.0, 1.0, 0.75, 0.25]))


def test_the_parts_are_the_score(personal):
    seen = make_seen(30)
    scores = personal.predict(seen).scores.tolist()
    for reason, score in zip(Reasons(personal, seen).of(seen), scores, strict=True):
        assert reason.score == pytest.approx(score, abs=1e-6)
        assert reason.average + reason.anybody + sum(reason.pulls.tolist()) == pytest.approx(score, abs=1e-6)


def test_the_parts_of_a_rated_image_are_what_the_others_make_of_it(personal):
    seen = make_seen(30)
    expected, _ = personal.without_own()
    own = [0, 1, 2, 3]
    for reason, score in zip(Reasons(personal, seen).of(seen[RATED], own), expected.tolist(), strict=True):
        assert reason.score == pytest.approx(score, abs=1e-6)
        assert reason.pulls[reason.own] == 0


def test_the_parts_are_those_of_plain_formulas(process, personal):
    """Weights (K + noise I)^-1 r and covariances less their mean over the folder, by a dense solve."""
    seen = make_seen(30)
    images = process.describe(seen)
    covariance = process.covariance(images, images).double()
    noisy = covariance[RATED][:, RATED] + process.noise * torch.eye(len(RATED)).double()
    apart = personal.unit.into(personal.ratings) - images.expected[RATED].double()
    weights = torch.linalg.solve(noisy, apart) * personal.unit.spread
    beyond = covariance[:, RATED] - covariance[:, RATED].mean(dim=0)
    anybody = images.expected.double() * personal.unit.spread
    for number, reason in enumerate(Reasons(personal, seen).of(seen)):
        assert reason.pulls.tolist() == pytest.approx((beyond[number] * weights).tolist(), abs=1e-5)
        assert reason.alike.tolist() == (beyond[number] > 0).tolist()
        assert reason.anybody == pytest.approx(float(anybody[number] - anybody.mean()), abs=1e-5)
    assert reason.average == pytest.approx(float(personal.predict(seen).scores.double().mean()), abs=1e-5)


def test_nobody_has_no_pulls_and_a_large_folder_is_sampled(process, monkeypatch):
    seen = make_seen(30)
    nobody = PersonalModel(process, seen[[]], torch.empty(0))
    (reason,) = Reasons(nobody, seen).of(seen[[3]])
    assert len(reason.pulls) == 0
    assert reason.score == pytest.approx(float(nobody.predict(seen[[3]]).scores), abs=1e-6)
    monkeypatch.setattr("piaa_lightning.photos.learning.reasons.REFERENCE", 5)
    (sampled,) = Reasons(nobody, seen).of(seen[[3]])
    assert sampled.average != reason.average
    assert sampled.score == pytest.approx(reason.score, abs=1e-9), "whatever it is compared with"


def test_weights_without_a_rating_are_those_of_a_posterior_that_never_had_it():
    drawn = torch.Generator().manual_seed(0)
    half = torch.randn(5, 3, generator=drawn).double()
    residuals = torch.randn(5, generator=drawn).double()
    whole = Posterior(residuals, half @ half.T, 0.5)
    left = [0, 1, 3, 4]
    fewer = Posterior(residuals[left], half[left] @ half[left].T, 0.5)
    assert whole.weights_without(2)[left].tolist() == pytest.approx(fewer.weights.tolist(), abs=1e-9)
    assert whole.weights_without(2)[2] == 0
