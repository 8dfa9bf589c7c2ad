from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.simulation import population
from piaa_lightning.simulation.facts import crowd_facts, flickr_aes_facts
from piaa_lightning.simulation.latent import ATTRIBUTES, CATEGORIES, HIDDEN, sample
from piaa_lightning.simulation.population import draw_users, expected_rating, features, liking, rate, thresholds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def crowd():
    return {fact.name: fact.value for fact in crowd_facts(seed=11)}


@pytest.fixture(scope="module")
def flickr():
    return {fact.name: fact.value for fact in flickr_aes_facts("demo", seed=11)}


@pytest.mark.slow
def test_many_others_predict_one_user_as_in_oasis(crowd):
    assert 0.60 <= crowd["SROCC, mean of many others"] <= 0.69
    assert 0.11 <= crowd["standard deviation between people, many others"] <= 0.19


def test_repeated_ratings_agree_as_in_the_literature(crowd):
    assert 0.68 <= crowd["SROCC, the person's ratings repeated"] <= 0.80


def test_variance_divides_as_stated(crowd):
    # 900 images: the shared part's own variance scatters by sqrt(2 / 900), 5 % of itself
    for name, share in (("shared taste", 0.5), ("linked to traits", 0.1), ("own taste", 0.21), ("noise", 0.19)):
        assert crowd[f"share of variance, {name}"] == pytest.approx(share, abs=0.03)


def test_true_taste_is_the_best_predictor(crowd):
    assert crowd["SROCC, the person's true taste"] > crowd["SROCC, the person's ratings repeated"]
    assert crowd["SROCC, the person's true taste"] > crowd["SROCC, the shared taste itself"] + 0.1


@pytest.mark.slow
def test_levels_and_ties_are_those_of_flickr_aes(flickr):
    for level, share in enumerate((0.10, 0.24, 0.30, 0.24, 0.12), 1):
        assert flickr[f"share of ratings {level}"] == pytest.approx(share, abs=0.02)
    assert flickr["tied pairs of a test person's ratings"] == pytest.approx(0.25, abs=0.03)


def test_users_rate_as_many_images_as_in_flickr_aes(flickr):
    assert flickr["raters of a picture"] == pytest.approx(5, abs=0.1)
    assert flickr["fewest ratings of a test person"] >= 112
    assert flickr["most ratings of a test person"] <= 180
    assert flickr["fewest ratings of a training person"] > 240


def test_features_have_the_stated_scale():
    rng = np.random.default_rng(0)
    table = features([sample(rng) for _ in range(4000)])
    continuous = np.r_[0 : len(ATTRIBUTES) + len(population.SQUARED), table.shape[1] - HIDDEN : table.shape[1]]
    np.testing.assert_allclose(table[:, continuous].mean(axis=0), 0, atol=0.06)
    np.testing.assert_allclose(table[:, continuous].std(axis=0), 1, atol=0.06)
    taste = table @ population.shared_taste()
    assert taste.var() == pytest.approx(1, abs=0.1)
    assert np.sum(population.shared_taste() ** 2) == pytest.approx(1)


def test_shared_taste_names_every_attribute_and_category_in_order():
    assert tuple(population.SHARED_LINEAR) == ATTRIBUTES
    assert tuple(population.SHARED_CATEGORIES) == CATEGORIES


def test_liking_is_bias_plus_spread_times_taste():
    users = draw_users(np.random.default_rng(1), 3)
    table = features([sample(np.random.default_rng(2)) for _ in range(4)])
    user, image = np.array([2, 0]), np.array([1, 3])
    by_hand = [users.bias[u] + users.spread[u] * (users.weights[u] * table[i]).sum() for u, i in ((2, 1), (0, 3))]
    np.testing.assert_allclose(liking(users, table, user, image), by_hand)


def test_thresholds_give_the_level_shares():
    # near the standard normal quantiles of .1, .34, .64, .88, since tastes add up many small parts
    np.testing.assert_allclose(thresholds(), [-1.2816, -0.4125, 0.3585, 1.1750], atol=0.06)


def test_ratings_without_noise_step_up_at_the_thresholds():
    steps = np.array([-1.0, 0.0, 1.0, 2.0])
    liked = np.array([-3.0, -0.5, 0.5, 1.5, 2.5])
    assert rate(np.random.default_rng(0), liked, np.zeros(5), steps).tolist() == [1, 2, 3, 4, 5]


def test_expected_rating_is_the_mean_of_many_ratings():
    liked, noise = np.array([-0.7, 0.1, 1.6]), np.array([0.5, 0.3, 0.4])
    many = rate(np.random.default_rng(0), np.tile(liked, (20000, 1)), noise, thresholds())
    np.testing.assert_allclose(expected_rating(liked, noise, thresholds()), many.mean(axis=0), atol=0.02)


def test_traits_reach_taste_and_only_through_the_fixed_map():
    first, second = (draw_users(np.random.default_rng(seed), 40) for seed in (1, 2))
    fitted, *_ = np.linalg.lstsq(first.traits, first.linked, rcond=None)
    np.testing.assert_allclose(second.traits @ fitted, second.linked, atol=1e-9)
    assert np.abs(second.traits @ fitted - second.own).max() > 0.1
