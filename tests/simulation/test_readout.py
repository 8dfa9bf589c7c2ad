from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from piaa_lightning.simulation import readout
from piaa_lightning.simulation.readout import read_out

RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((60, 4))
MAP = RNG.standard_normal((4, 2))


def test_what_is_linear_in_the_rows_is_found():
    traits = ROWS @ MAP + 3
    folds = np.arange(60) % readout.FOLDS
    centred = [row - traits[folds != fold].mean(axis=0) for row, fold in zip(traits, folds, strict=True)]
    np.testing.assert_allclose(read_out(ROWS, np.arange(60), traits), centred, atol=0.01)


def test_what_is_not_there_is_not_found():
    """With more features than users anything can be fitted, so only users outside the fit can tell."""
    found = []
    for _ in range(6):
        rows, traits = RNG.standard_normal((30, 32)), RNG.standard_normal((30, 1))
        found.append(pearsonr(read_out(rows, np.arange(30), traits)[:, 0], traits[:, 0]).statistic)
    assert -0.4 < np.mean(found) < 0.15  # rather below zero: chance agreement spreads predictions, chance discord not


def test_a_constant_prediction_is_no_wrong_one():
    """Who is high lowers the mean of the others: it must not make them look low."""
    rows, traits = np.zeros((30, 2)) + 1e-9 * RNG.standard_normal((30, 2)), RNG.standard_normal((30, 1))
    predicted = read_out(rows, np.arange(30), traits)[:, 0]
    assert pearsonr(predicted, traits[:, 0]).statistic > -0.5  # with the mean of the others it would be near -1


def test_no_user_s_own_traits_matter_to_what_is_predicted_of_them():
    traits = ROWS @ MAP + RNG.standard_normal((60, 2))
    before = read_out(ROWS, np.arange(60), traits)
    traits[7] = 100
    after = read_out(ROWS, np.arange(60), traits)
    np.testing.assert_array_equal(after[7], before[7])
    assert np.abs(after - before).max() > 0.1


def test_one_penalty_is_ridge_regression_by_its_normal_equations():
    traits, known = RNG.standard_normal((60, 2)), np.arange(60) % 3 > 0
    found = readout._fit(ROWS, np.arange(60), traits, known, ~known)
    x, y = ROWS[known] - ROWS[known].mean(axis=0), traits[known] - traits[known].mean(axis=0)
    for penalty, predicted in zip(readout.PENALTIES, found, strict=True):
        ridge = penalty * x.var(axis=0).mean() * np.eye(4)
        weights = np.linalg.solve(x.T @ x / len(x) + ridge, x.T @ y / len(x))
        by_hand = (ROWS[~known] - ROWS[known].mean(axis=0)) @ weights + traits[known].mean(axis=0)
        np.testing.assert_allclose(predicted, by_hand, atol=1e-10)


def test_what_several_rows_tell_of_a_user_is_averaged():
    user = RNG.permutation(np.repeat(np.arange(60), 5))
    rows, traits = ROWS[user] + RNG.standard_normal((300, 4)), ROWS @ MAP
    known = np.arange(60) % 3 > 0
    found = readout._fit(rows, user, traits, known, ~known)
    # the same fit, with each row of user 0 as a user of its own
    apart = np.where(user == 0, 60 + np.cumsum(user == 0) - 1, user)
    more = np.append(traits, np.repeat(traits[:1], 5, axis=0), axis=0)
    each = readout._fit(rows, apart, more, np.append(known, [False] * 5), np.arange(65) >= 60)
    np.testing.assert_allclose(found[:, 0], each.mean(axis=1), atol=1e-10)


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_the_penalty_follows_the_noise(noise, monkeypatch):
    """Much noise asks for a heavy penalty: a readout with the best of many is no worse than with the least alone."""
    traits = ROWS @ MAP + noise * RNG.standard_normal((60, 2))
    chosen = ((read_out(ROWS, np.arange(60), traits) + traits.mean(axis=0) - traits) ** 2).mean()
    monkeypatch.setattr(readout, "PENALTIES", readout.PENALTIES[:1])
    least = ((read_out(ROWS, np.arange(60), traits) + traits.mean(axis=0) - traits) ** 2).mean()
    assert chosen <= least * 1.01
