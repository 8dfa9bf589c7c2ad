"""EM against generated users, explicit solves, and the marginal likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from piaa_lightning.personalizers.empirical_bayes import WeightPrior, learn_prior, posteriors, sums

MEAN = np.array([0.5, -0.2, 0.1])
COVARIANCE = np.array([[0.4, 0.1, 0.0], [0.1, 0.2, -0.05], [0.0, -0.05, 0.1]])
NOISE = 0.3


def users(users=1500, ratings=12, effects=None, seed=0):
    """Generated users, each with images of their own; ``effects`` shift weights by one trait."""
    random = np.random.default_rng(seed)
    traits = random.standard_normal(users)
    weights = random.multivariate_normal(MEAN, COVARIANCE, users)
    if effects is not None:
        weights = weights + traits[:, None] * effects
    told = []
    for own in weights:
        rows = random.standard_normal((ratings, 3))
        told.append((rows, rows @ own + np.sqrt(NOISE) * random.standard_normal(ratings)))
    return told, traits


def likelihood(told, prior: WeightPrior) -> float:
    """Log likelihood of everybody's ratings, written out: N(Z mean, Z C Z' + noise I)."""
    return sum(
        multivariate_normal.logpdf(
            scores, rows @ prior.effects[0], rows @ prior.covariance @ rows.T + prior.noise * np.eye(len(scores))
        )
        for rows, scores in told
    )


def test_a_known_mean_covariance_and_noise_are_recovered():
    found = learn_prior(sums(users()[0]), steps=60)
    assert found.effects[0] == pytest.approx(MEAN, abs=0.05)
    assert found.covariance == pytest.approx(COVARIANCE, abs=0.05)
    assert found.noise == pytest.approx(NOISE, rel=0.05)


def test_every_round_raises_the_likelihood():
    told, _ = users(users=40, ratings=6)
    values = [likelihood(told, learn_prior(sums(told), steps=steps)) for steps in range(1, 12)]
    assert (np.diff(values) > 0).all()


def test_effects_of_a_trait_are_recovered_and_can_be_shrunk():
    effects = np.array([0.3, 0.0, -0.2])
    told, traits = users(effects=effects)
    described = np.stack([np.ones(len(traits)), traits], axis=1)
    assert learn_prior(sums(told), described, steps=60).effects[1] == pytest.approx(effects, abs=0.05)
    shrunk = learn_prior(sums(told), described, steps=60, effect_users=1500).effects[1]
    assert shrunk == pytest.approx(effects / 2, abs=0.05)  # as if as many users again had shown none


def test_the_posterior_is_the_explicit_solve():
    told, _ = users(users=4, ratings=5)
    means, left = posteriors(sums(told), np.tile(MEAN, (4, 1)), COVARIANCE, NOISE)
    for (rows, scores), mean, covariance in zip(told, means, left, strict=True):
        precision = np.linalg.inv(COVARIANCE) + rows.T @ rows / NOISE
        expected = np.linalg.solve(precision, np.linalg.inv(COVARIANCE) @ MEAN + rows.T @ scores / NOISE)
        assert mean == pytest.approx(expected)
        assert covariance == pytest.approx(np.linalg.inv(precision))


def test_a_singular_covariance_is_no_hindrance():
    told, _ = users(users=3, ratings=5)
    means, left = posteriors(sums(told), np.tile(MEAN, (3, 1)), np.diag([1.0, 0.0, 0.0]), NOISE)
    assert (means[:, 1:] == MEAN[1:]).all()
    assert np.isfinite(left).all()


def test_fewer_users_than_weights_give_a_covariance_that_can_be_used():
    random = np.random.default_rng(0)
    told = [(random.standard_normal((4, 20)), random.standard_normal(4)) for _ in range(3)]
    found = learn_prior(sums(told), steps=50, correlation_users=10.0)
    assert np.isfinite(found.covariance).all()
    assert np.linalg.eigvalsh(found.covariance).min() > 0
    assert found.noise > 0


def test_correlations_are_shrunk_and_variances_are_not():
    told, _ = users(users=300)
    free, shrunk = (learn_prior(sums(told), steps=1, correlation_users=users_) for users_ in (0.0, 300.0))
    assert np.diag(shrunk.covariance) == pytest.approx(np.diag(free.covariance))
    assert shrunk.covariance[0, 1] == pytest.approx(free.covariance[0, 1] / 2)


@pytest.mark.parametrize("scores", [0.0, 0.5])
def test_users_who_all_rate_everything_alike_give_no_nan(scores):
    random = np.random.default_rng(0)
    told = [(random.standard_normal((5, 3)), np.full(5, scores)) for _ in range(4)]
    found = learn_prior(sums(told), steps=30)
    assert np.isfinite(found.effects).all()
    assert np.isfinite(found.covariance).all()
    assert found.noise > 0
