import numpy as np
import pytest

from piaa_lightning.evaluation.comparison import bootstrap
from piaa_lightning.evaluation.comparison.bootstrap import bootstrap_interval, draw


def slow_means(differences, users, chosen):
    """One bootstrap sample at a time, one user at a time."""
    result = []
    for drawn, repeats in zip(users, chosen, strict=True):
        of_users = []
        for user, places in zip(drawn, repeats, strict=True):
            own = [v for v in differences[user] if not np.isnan(v)]
            of_users.append(np.mean([own[place] for place in places[: len(own)]]))
        result.append(np.mean(of_users))
    return np.array(result)


def test_bootstrap_equals_a_slow_loop_on_the_same_draws(monkeypatch):
    differences = np.random.default_rng(0).normal(0.02, 0.05, (7, 4))
    differences[[1, 1, 4], [0, 3, 2]] = np.nan
    drawn = []

    def spy(*args):
        drawn.append(draw(*args))
        return drawn[-1]

    monkeypatch.setattr(bootstrap, "draw", spy)
    interval = bootstrap_interval(differences, samples=600, seed=3)
    means = np.concatenate([slow_means(differences, *pair) for pair in drawn])
    assert len(means) == 600
    assert interval == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=1e-12)


def test_draw_is_uniform_over_users_and_their_repeats():
    counts = np.array([3, 1, 2])
    users, chosen = draw(np.random.default_rng(0), counts, 3, 4000)
    assert (np.bincount(users.ravel()) / users.size) == pytest.approx([1 / 3] * 3, abs=0.02)
    for user, count in enumerate(counts):
        places = np.bincount(chosen[users == user].ravel(), minlength=3)
        assert places[count:].sum() == 0
        assert places[:count] / places.sum() == pytest.approx([1 / count] * count, abs=0.02)


def test_interval_of_normal_differences_is_the_normal_one():
    # No spread within a user: the interval of a mean of n is close to +- 1.96 s / sqrt n.
    of_users = np.random.default_rng(5).normal(0.03, 0.1, 200)
    low, high = bootstrap_interval(np.repeat(of_users[:, None], 3, axis=1), seed=1)
    half = 1.96 * of_users.std() / np.sqrt(200)
    assert (low, high) == pytest.approx((of_users.mean() - half, of_users.mean() + half), abs=0.001)
