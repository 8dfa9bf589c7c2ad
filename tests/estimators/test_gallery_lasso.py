"""Segalin et al.: a lasso on galleries finds which colours a trait hangs on."""

from __future__ import annotations

import numpy as np
import pytest
from galleries import USERS, known, painted

from piaa_lightning.errors import ArgumentError
from piaa_lightning.estimators.gallery_lasso import GalleryLasso
from piaa_lightning.features import COMPUTATIONAL
from piaa_lightning.metrics.srocc import srocc

pytestmark = pytest.mark.slow


def reds(number: int, red: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A red image or a blue one, of any brightness."""
    colour = (1, 0.1, 0.1) if red[number] else (0.1, 0.1, 1)
    return np.broadcast_to(np.array(colour) * random.uniform(120, 250), (16, 16, 3))


@pytest.fixture
def world(tmp_path):
    return painted(tmp_path, reds)


@pytest.mark.parametrize("gaussians", [0, 4])
def test_a_trait_that_is_the_share_of_red_favourites_is_found_and_chance_is_not(world, gaussians):
    context, share, images_of = world
    random = np.random.default_rng(1)
    traits = np.stack([2 * share - 1, random.uniform(-1, 1, USERS)], axis=1)
    one = GalleryLasso(gaussians=gaussians)
    one.fit(context, known(images_of, traits, slice(0, 24)), known(images_of, traits, slice(24, 30)))
    test = known(images_of, traits, slice(30, USERS))
    predicted = test.means(one.predict(test.images))
    assert srocc(predicted[:, 0], test.traits[:, 0]) > 0.95
    assert np.abs(predicted[:, 0] - test.traits[:, 0]).mean() < 0.15, "in the unit of the trait"
    assert abs(srocc(predicted[:, 1], test.traits[:, 1])) < 0.75
    # one image says what it adds: red ones speak for the trait
    said = one.predict(np.arange(len(context.table.image_ids)))[:, 0]
    assert srocc(said, [name.startswith("r") for name in context.table.image_ids]) > 0.8


def test_only_the_validation_users_choose_the_penalty(world):
    context, share, images_of = world
    traits = np.stack([2 * share - 1] * 2, axis=1)
    train = known(images_of, traits, slice(0, 24))
    one, other = GalleryLasso(0, [1.0, 0.01]), GalleryLasso(0, [1.0, 0.01])
    one.fit(context, train, known(images_of, traits, slice(24, 30)))
    assert one.chosen == 0.01
    other.fit(context, train, known(images_of, 0 * traits + train.traits.mean(), slice(24, 30)))
    assert other.chosen == 1.0, "where all validation users are average, nothing may be let in"
    assert other.weights.tolist() == np.zeros((len(COMPUTATIONAL), 2)).tolist()


def test_a_lasso_of_orthogonal_values_is_soft_thresholding():
    signs = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]], dtype=float)[:, 1:]
    traits = np.array([[0.8, 0.0], [-0.6, 0.1], [0.2, -0.1], [-0.4, 0.0]])
    slopes = signs.T @ traits / 4
    penalty = 0.3 * np.abs(slopes).max()
    expected = np.sign(slopes) * np.maximum(np.abs(slopes) - penalty, 0)
    assert 0 < (expected != 0).sum() < expected.size
    assert GalleryLasso().regress(0.3, signs, traits) == pytest.approx(expected, abs=1e-4)
    assert GalleryLasso().regress(0.3, signs, 0 * traits).tolist() == np.zeros((3, 2)).tolist()


def test_an_image_that_several_users_like_is_described_once_and_counts_for_each(world, monkeypatch):
    context, share, images_of = world
    traits = np.stack([2 * share - 1] * 2, axis=1)
    one = GalleryLasso(0)
    one.fit(context, known(images_of, traits, slice(0, 24)), known(images_of, traits, slice(24, 30)))
    alone = one.predict(np.array([1, 3]))
    asked = []
    monkeypatch.setattr(
        one, "describe", lambda images: asked.append(images.tolist()) or GalleryLasso.describe(one, images)
    )
    assert one.predict(np.array([3, 1, 3])).tolist() == alone[[1, 0, 1]].tolist()
    assert asked == [[1, 3]]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"gaussians": -1}, r"^gaussians=-1: give 0 or more\.$"),
        ({"penalties": []}, r"^penalties=\[\]: give one or more shares"),
        ({"penalties": [0.1, 2]}, r"^penalties=\[0\.1, 2\]: give one or more shares above 0, at most 1\.$"),
    ],
)
def test_mistakes_are_sentences(options, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        GalleryLasso(**options)
