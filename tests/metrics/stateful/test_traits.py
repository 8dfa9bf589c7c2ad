from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.stateful.traits import TraitMetrics, user_level_traits

TRAITS = ["O", "C", "E", "A", "N"]


def likes(seed=0, users=12, length=150):
    """Rows of liked images: users' numbers, predictions, and the users' own traits on a coarse scale (ties)."""
    random = np.random.default_rng(seed)
    traits = random.integers(-4, 5, (users, 5)) / 4
    user = random.integers(0, users, length) * 7
    own = traits[user // 7]
    return user, np.tanh(own + random.normal(0, 2, own.shape)), own


def test_equals_pandas_and_scipy():
    user, prediction, target = likes()
    mean = pd.DataFrame(prediction, columns=TRAITS).groupby(user).mean()
    own = pd.DataFrame(target, columns=TRAITS).groupby(user).first()
    scores = user_level_traits(user, prediction, target)
    assert scores.values["srocc"] == pytest.approx(
        [stats.spearmanr(mean[t], own[t]).statistic for t in TRAITS], abs=1e-12
    )
    assert scores.values["rmse"] == pytest.approx(
        [np.sqrt(((mean[t] - own[t]) ** 2).mean()) for t in TRAITS], abs=1e-12
    )
    assert scores.users.tolist() == [12] * 5


def test_users_count_alike_however_much_they_like():
    # user 0 is off by 1 in three images, user 1 right in one: over images the RMSE would be sqrt(3/4)
    scores = user_level_traits([0, 0, 0, 1], [[1.0], [1.0], [1.0], [0.5]], [[0.0], [0.0], [0.0], [0.5]])
    assert scores.values["rmse"].tolist() == [np.sqrt(0.5)]
    # image by image the order is no order at all; averaged, user 0 (0) is below user 1 (.5)
    scores = user_level_traits([0, 0, 1], [[-0.9], [0.9], [0.5]], [[0.1], [0.1], [0.2]])
    assert scores.values["srocc"].tolist() == [1]


def test_constants_and_unknown_traits():
    nan = np.nan
    target = np.array([[0.1, 0.5, nan, nan], [0.2, 0.5, 0.3, nan], [0.3, 0.5, 0.1, nan]])
    prediction = np.array([[0.4, 0.1, 0.9, 0.1], [0.4, 0.2, 0.2, 0.1], [0.4, 0.3, 0.1, 0.1]])
    scores = user_level_traits([3, 1, 2], prediction, target)
    assert scores.users.tolist() == [3, 3, 2, 0]
    assert scores.values["srocc"] == pytest.approx([0, nan, 1, nan], nan_ok=True)
    rmse = [np.sqrt((0.3**2 + 0.2**2 + 0.1**2) / 3), np.sqrt((0.4**2 + 0.3**2 + 0.2**2) / 3), np.sqrt(0.005), nan]
    assert scores.values["rmse"] == pytest.approx(rmse, nan_ok=True)


def test_one_user_and_none():
    scores = user_level_traits([5], [[0.5]], [[0.0]])
    assert np.isnan(scores.values["srocc"]).all()
    assert scores.values["rmse"].tolist() == [0.5]
    scores = user_level_traits([], np.zeros((0, 5)), np.zeros((0, 5)))
    assert np.isnan(scores.values["srocc"]).all()
    assert np.isnan(scores.values["rmse"]).all()


def test_wrong_use_is_refused():
    with pytest.raises(ValueError, match="user 4 has two values of one trait"):
        user_level_traits([2, 4, 4], [[0.1]] * 3, [[0.1], [0.2], [0.3]])
    with pytest.raises(ValueError, match="user 4 has two values of one trait"):
        user_level_traits([2, 4, 4], [[0.1]] * 3, [[0.1], [np.nan], [0.3]])
    with pytest.raises(UserError, match="1 of 2 predictions are NaN"):
        user_level_traits([0, 1], [[0.1, np.nan], [0.1, 0.2]], np.zeros((2, 2)))
    with pytest.raises(ValueError, match="do not fit"):
        user_level_traits([0, 1], np.zeros((2, 5)), np.zeros((2, 4)))


def test_the_metric_equals_the_function_over_batches_with_repeats():
    user, prediction, target = likes(1)
    target[user == 7, 2] = np.nan
    metric = TraitMetrics()
    index = np.random.default_rng(0).permutation(len(user))
    for rows in [*np.array_split(index, 4), index[:5]]:
        metric.update(*(torch.from_numpy(a[rows]) for a in (np.arange(len(user)), user, prediction, target)))
    scores = user_level_traits(user, prediction, target)
    values = metric.compute()
    assert [values[f"srocc_{t}"].item() for t in TRAITS] == pytest.approx(scores.values["srocc"], abs=1e-6)
    assert [values[f"rmse_{t}"].item() for t in TRAITS] == pytest.approx(scores.values["rmse"], abs=1e-6)
    assert values["srocc"].item() == pytest.approx(scores.values["srocc"].mean(), abs=1e-6)
    assert values["rmse"].item() == pytest.approx(scores.values["rmse"].mean(), abs=1e-6)
    assert metric.users_counted == {"O": 12, "C": 12, "E": 11, "A": 12, "N": 12}


def test_the_mean_is_over_traits_that_have_one():
    metric = TraitMetrics(trait_names=["mood", "age"])
    metric.update(
        torch.arange(2), torch.arange(2), torch.tensor([[0.1, 0.1], [0.2, 0.2]]), torch.tensor([[0.0, 0.5], [0.1, 0.5]])
    )
    values = metric.compute()
    assert values["srocc_age"].isnan()
    assert values["srocc"] == values["srocc_mood"] == 1
