"""A published prior scores as the personaliser that it was taken from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import Split
from piaa_lightning.evaluation.support_choice import by_information
from piaa_lightning.personalizers.features import image_features
from piaa_lightning.personalizers.gaussian_process import GaussianProcess
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess
from piaa_lightning.personalizers.personalizer import FitContext, Support
from piaa_lightning.photos.next_to_rate import next_to_rate
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.population import assumed, learnt
from tests.photos.conftest import make_eye, make_users

IMAGES, USERS = 60, 9


@pytest.fixture(scope="module")
def context() -> FitContext:
    """Nine users with tastes of their own rated sixty images."""
    random = np.random.default_rng(0)
    network = make_eye()
    network = network.network
    network.backbone = network.backbone
    pixels = random.integers(0, 256, (IMAGES, 3, 1, 1)) + random.integers(-20, 21, (IMAGES, 3, 16, 16))
    images = Images(pixels.clip(0, 255).astype(np.uint8), {})
    liked = (pixels.mean(axis=(2, 3)) / 255) @ random.normal(size=(3, USERS))
    scores = np.round(4 * (1 / (1 + np.exp(-liked)))) / 4
    user, image = (grid.ravel() for grid in np.meshgrid(np.arange(USERS), np.arange(IMAGES), indexing="ij"))
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:02}" for number in range(IMAGES)]),
        image_files=np.array([f"p{number:02}.jpg" for number in range(IMAGES)]),
        user_ids=np.array([f"u{number}" for number in range(USERS)]),
        user=user,
        image=image,
        score=scores.T.ravel().astype(np.float32),
        scale=Scale(1, 5),
    )
    split = Split("by hand", np.arange(5), np.array([5, 6]), np.array([7, 8]), *np.split(np.arange(IMAGES), [30, 40]))
    return FitContext(table, split.check(table), Inputs(images), torch.device("cpu"), network)


@pytest.fixture(scope="module")
def method(context) -> HierarchicalProcess:
    prepared = HierarchicalProcess(None, Hierarchical(components=3), GaussianProcess(components=3), [0.5, 1.0])
    prepared.prepare(context)
    return prepared


def rows_of(users, context, images):
    with torch.no_grad():
        features = context.model.eval().embed(context.inputs.batch(images))
        return users.rows(context.model.head(features), features)


@pytest.mark.parametrize("shots", [2, 5, 20])
def test_a_taste_scores_as_the_personaliser_does(context, method, shots):
    users = learnt(method, {5: 0.5, 10: 1.0}, "tests")
    images, support = context.split.test_images, context.split.test_images[:shots]
    scores = np.linspace(0, 1, shots, dtype=np.float32)
    expected = method.trace(Support(8, support, scores), images, [{"prior_variance": users.prior_variance(shots)}])[0]
    taste = PersonalModel(users, rows_of(users, context, support), torch.from_numpy(scores))
    found = taste.score(rows_of(users, context, images)).numpy()
    assert found == pytest.approx(expected, abs=1e-5)
    assert np.ptp(expected) > 0.05


def test_equal_ratings_say_nothing(context, method):
    users = learnt(method, {}, "tests")
    rows = rows_of(users, context, context.split.test_images)
    for scores in ([], [0.5], [0.75, 0.75, 0.75]):
        taste = PersonalModel(users, rows[: len(scores)], torch.tensor(scores))
        assert not taste.says_something
        assert torch.equal(taste.score(rows), users.expected(rows))


def test_widths_are_those_of_the_nearest_number_of_ratings():
    users = make_users()
    assert [users.prior_variance(ratings) for ratings in (0, 1, 5, 6, 8, 10, 1000)] == [
        0.5,
        0.5,
        0.5,
        0.5,
        1.0,
        1.0,
        1.0,
    ]


def test_an_assumed_prior_expects_the_generic_score(context):
    features = image_features(context, 3)
    users = assumed(features)
    images = context.split.test_images
    found = users.expected(rows_of(users, context, images)).numpy()
    assert found == pytest.approx(features.scores(images), abs=1e-5)
    assert "assumption" in users.learnt_from


def test_uncertainty_is_the_posterior_covariance(context, method):
    users = learnt(method, {5: 0.5}, "tests")
    rows = rows_of(users, context, context.split.test_images)
    told = rows[:4]
    joint = users.covariance_between(rows, rows, 0.5)
    k, across = joint[:4, :4] + users.noise * torch.eye(4), joint[:, :4]
    expected = joint - across @ torch.linalg.inv(k) @ across.T
    found = PersonalModel(users, told, torch.rand(4)).uncertainty(rows)
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-9)


def test_next_to_rate_is_the_greedy_order_of_what_is_left(context, method):
    users = learnt(method, {}, "tests")
    rows = rows_of(users, context, context.split.test_images)
    nobody = PersonalModel(users, rows[:0], torch.empty(0))
    whole = by_information(users.covariance_between(rows, rows).numpy(), float(users.noise), 5).tolist()
    assert next_to_rate(nobody, rows, [], 5) == whole
    after = PersonalModel(users, rows[whole[:2]], torch.tensor([0.1, 0.9]))
    left = [number for number in range(len(rows)) if number not in whole[:2]]
    expected = by_information(after.uncertainty(rows[left]).numpy(), float(users.noise), 3)
    assert next_to_rate(after, rows, whole[:2], 3) == [left[place] for place in expected]
    assert next_to_rate(after, rows, list(range(len(rows)))) == []
    skipped = next_to_rate(after, rows, whole[:2], 1)
    assert skipped[0] not in next_to_rate(after, rows, whole[:2], 3, skip=skipped)
