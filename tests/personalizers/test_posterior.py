from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.personalizers.posterior import Posterior, posterior_means

RATED, OTHERS, NOISE = 6, 4, 0.3


@pytest.fixture
def drawn():
    """The covariance of ten images, of which six are rated, and what was said beyond the mean."""
    random = np.random.default_rng(0)
    half = random.normal(size=(RATED + OTHERS, 12))
    return half @ half.T / 12, random.normal(size=RATED)


@pytest.fixture
def after(drawn):
    covariance, residuals = drawn
    return Posterior(torch.from_numpy(residuals), torch.from_numpy(covariance[:RATED, :RATED]), NOISE)


def test_it_is_conditioning_of_a_joint_gaussian(drawn, after):
    covariance, residuals = drawn
    own, across, rest = covariance[:RATED, :RATED], covariance[RATED:, :RATED], covariance[RATED:, RATED:]
    inverse = np.linalg.inv(own + NOISE * np.eye(RATED))
    left = rest - across @ inverse @ across.T
    seen = torch.from_numpy(across)
    assert after.mean(seen).numpy() == pytest.approx(across @ inverse @ residuals)
    assert after.covariance(torch.from_numpy(rest), seen).numpy() == pytest.approx(left)
    assert after.variance(torch.from_numpy(np.diag(rest).copy()), seen).numpy() == pytest.approx(np.diag(left))


def test_both_ways_to_score_agree(drawn, after):
    covariance, residuals = drawn
    across = covariance[RATED:, :RATED]
    (found,) = posterior_means(residuals, covariance[:RATED, :RATED], across, NOISE, [1.0])
    assert after.mean(torch.from_numpy(across)).numpy() == pytest.approx(found)


def test_left_out_is_what_the_others_say(drawn, after):
    covariance, residuals = drawn
    means, variances = after.left_out()
    for number in range(RATED):
        others = np.delete(np.arange(RATED), number)
        fewer = Posterior(
            torch.from_numpy(residuals[others]), torch.from_numpy(covariance[np.ix_(others, others)]), NOISE
        )
        across = torch.from_numpy(covariance[number : number + 1, others])
        before = torch.from_numpy(covariance[number : number + 1, number])
        assert float(means[number]) == pytest.approx(float(fewer.mean(across)))
        assert float(variances[number]) == pytest.approx(float(fewer.variance(before, across)))


def test_without_ratings_nothing_changes():
    after = Posterior(torch.empty(0), torch.empty(0, 0), NOISE)
    across = torch.empty(3, 0, dtype=torch.float64)
    assert after.mean(across).tolist() == [0, 0, 0]
    assert after.variance(torch.ones(3).double(), across).tolist() == [1, 1, 1]
    assert [len(values) for values in after.left_out()] == [0, 0]
