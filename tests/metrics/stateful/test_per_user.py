import numpy as np
import pytest
import torch
from scipy import stats

from piaa_lightning.metrics.stateful.per_user import PerUserSROCC


def ratings(seed=0, users=9, length=400):
    rng = np.random.default_rng(seed)
    user = rng.integers(0, users, length)
    target = rng.integers(1, 6, length) / 5
    return user, target + rng.normal(0, 0.3, length), target


def as_tensors(*arrays):
    return tuple(torch.from_numpy(np.asarray(a)) for a in arrays)


def test_equals_scipy_user_by_user_over_batches():
    user, prediction, target = ratings()
    metric = PerUserSROCC()
    for rows in np.array_split(np.arange(len(user)), 7):
        metric.update(*as_tensors(user[rows], prediction[rows], target[rows]))
    oracle = np.mean([stats.spearmanr(prediction[user == u], target[user == u]).statistic for u in range(9)])
    assert metric.compute().item() == pytest.approx(oracle, abs=1e-6)
    assert (metric.users_counted, metric.users_dropped) == (9, 0)


def test_pooled_is_another_number():
    # Each user is ranked backwards, but the users' levels are known: pooled high, per user -1.
    metric = PerUserSROCC()
    metric.update(*as_tensors([0, 0, 1, 1], [0.2, 0.1, 0.9, 0.8], [0.1, 0.2, 0.8, 0.9]))
    assert metric.compute().item() == -1.0


def test_users_left_out_are_counted():
    metric = PerUserSROCC(min_ratings=3)
    metric.update(*as_tensors([5, 5, 5], [0.1, 0.2, 0.3], [0.2, 0.3, 0.4]))  # counts: 1
    metric.update(*as_tensors([8, 8, 8], [0.1, 0.2, 0.3], [0.5, 0.5, 0.5]))  # constant target: dropped
    metric.update(*as_tensors([9, 9], [0.1, 0.2], [0.5, 0.6]))  # too few: dropped
    metric.update(*as_tensors([2, 2, 2], [0.7, 0.7, 0.7], [0.2, 0.3, 0.4]))  # constant prediction: 0
    assert metric.compute().item() == 0.5
    assert (metric.users_counted, metric.users_dropped, metric.users_without_order) == (2, 2, 1)


def test_nobody_left_is_nan():
    metric = PerUserSROCC()
    metric.update(*as_tensors([1, 1], [0.1, 0.2], [0.5, 0.5]))
    assert torch.isnan(metric.compute())
    assert metric.users_dropped == 1


def test_two_processes_joined_equal_one():
    user, prediction, target = ratings(seed=1)
    whole, left, right = PerUserSROCC(), PerUserSROCC(), PerUserSROCC()
    whole.update(*as_tensors(user, prediction, target))
    left.update(*as_tensors(user[::2], prediction[::2], target[::2]))
    right.update(*as_tensors(user[1::2], prediction[1::2], target[1::2]))
    for state in ("users", "predictions", "targets"):  # what torchmetrics' "cat" does when it gathers
        getattr(left, state).extend(getattr(right, state))
    assert left.compute() == whole.compute()


def test_reset_forgets_and_nan_is_refused():
    metric = PerUserSROCC()
    metric.update(*as_tensors([1, 1], [float("nan"), 0.2], [0.5, 0.6]))
    with pytest.raises(ValueError, match="NaN"):
        metric.compute()
    metric.reset()
    metric.update(*as_tensors([1, 1], [0.1, 0.2], [0.5, 0.6]))
    assert metric.compute() == 1.0


def test_wrong_use_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        PerUserSROCC(min_ratings=1)
    with pytest.raises(ValueError, match="3 users, 2 predictions"):
        PerUserSROCC().update(*as_tensors([1, 1, 1], [0.1, 0.2], [0.1, 0.2, 0.3]))
