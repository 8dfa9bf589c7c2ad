"""Guntuku et al.: descriptors tell directions apart, and answers are as many as asked for."""

from __future__ import annotations

import numpy as np
import pytest
from galleries import USERS, known, painted

from piaa_lightning.errors import ArgumentError
from piaa_lightning.estimators.latent_answers import LatentAnswers
from piaa_lightning.features import COMPUTATIONAL
from piaa_lightning.metrics.srocc import srocc

pytestmark = pytest.mark.slow

SMALL = {"gaussians": 4, "components": 8, "vocabulary": 40, "per_image": 30}


def stripes(number: int, upright: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Stripes that stand or lie, on the diagonal mirror images of each other."""
    wave = 128 + 60 * np.sin(np.arange(32) * (0.7 + 0.4 * random.random()))
    image = np.broadcast_to(wave[None, :, None], (32, 32, 3)) + random.normal(0, 8, (32, 32, 3))
    return image if upright[number] else image.transpose(1, 0, 2)


@pytest.fixture
def world(tmp_path):
    return painted(tmp_path, stripes)


@pytest.mark.parametrize(("kinds", "least"), [(["sift"], 0.9), (["computational", "sift", "colour"], 0.8)])
def test_a_trait_that_is_the_share_of_standing_stripes_is_found(world, kinds, least):
    context, share, images_of = world
    traits = np.stack([2 * share - 1, 1 - 2 * share], axis=1)
    one = LatentAnswers(kinds=kinds, **SMALL)
    one.fit(context, known(images_of, traits, slice(0, 24)), known(images_of, traits, slice(24, 30)))
    test = known(images_of, traits, slice(30, USERS))
    predicted = test.means(one.predict(test.images))
    assert srocc(predicted[:, 0], test.traits[:, 0]) > least
    assert predicted[:, 1] == pytest.approx(-predicted[:, 0], abs=1e-6)


def test_the_same_seed_gives_the_same_numbers(world):
    context, share, images_of = world
    traits = np.stack([share, -share], axis=1)
    some = known(images_of, traits, slice(0, 10))
    found = []
    for _ in range(2):
        one = LatentAnswers(kinds=["sift"], **SMALL)
        one.fit(context, some, some)
        found.append(one.predict(some.images).tolist())
    assert found[0] == found[1]


def of_width(width: int) -> LatentAnswers:
    one = LatentAnswers(["computational"])
    one.widths = [width]
    return one


def test_all_answers_are_least_squares_and_one_answer_has_rank_one():
    random = np.random.default_rng(0)
    galleries = random.normal(size=(30, 6))
    galleries = (galleries - galleries.mean(axis=0)) / galleries.std(axis=0)
    traits = galleries @ random.normal(size=(6, 5)) + random.normal(size=(30, 5))
    traits -= traits.mean(axis=0)
    whole = of_width(6).regress(6, galleries, traits)
    assert whole == pytest.approx(np.linalg.lstsq(galleries, traits, rcond=None)[0], abs=1e-6)
    strengths = np.linalg.svd(of_width(6).regress(1, galleries, traits))[1]
    assert strengths[0] > 0.1
    assert strengths[1:] == pytest.approx(np.zeros(4), abs=1e-9)


def test_kinds_weigh_the_same_however_many_values_they_have(world):
    context, _, images_of = world
    one = LatentAnswers(**SMALL)
    one.context = context
    one.learn_descriptions(context, images_of.ravel())
    described = one.describe(images_of[0])
    assert one.widths == [len(COMPUTATIONAL), 2 * 4 * 8, 2 * 4 * 8]
    assert described.shape == (6, sum(one.widths))
    # the first answer of two kinds that say the same: each kind has half of it, whatever its width
    random = np.random.default_rng(0)
    hidden = random.normal(size=(500, 1))
    galleries = hidden + random.normal(size=(500, 12))
    one.widths = [2, 10]
    weights = one.regress(1, galleries - galleries.mean(axis=0), hidden - hidden.mean())
    assert weights[:2].sum() == pytest.approx(weights[2:].sum(), rel=0.1)


def test_there_are_no_more_answers_than_users_can_tell_apart():
    one = LatentAnswers(answers=[10, 2, 5])
    assert one.candidates(users=300, values=500) == [2, 5, 10]
    assert one.candidates(users=4, values=500) == [2, 3]
    assert one.candidates(users=1, values=500) == [1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kinds": ["sift", "words"]}, r"^kinds=\['sift', 'words'\]: choose some of computational, sift, colour\.$"),
        ({"answers": [0]}, r"^answers=\[0\]: give one or more whole numbers from 1\.$"),
    ],
)
def test_mistakes_are_sentences(options, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        LatentAnswers(**options)
