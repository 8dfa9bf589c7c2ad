import numpy as np
import pytest
from scipy import stats

from piaa_lightning.evaluation.comparison import over_seeds
from piaa_lightning.evaluation.comparison.bootstrap import bootstrap_interval, draw
from piaa_lightning.evaluation.comparison.over_seeds import (
    draw_seeds,
    over_seeds_and_things,
    over_seeds_and_users,
    stretch,
)
from piaa_lightning.evaluation.comparison.resampling import paired_interval


def simulated(random, seeds=5, users=40, repeats=3, of_seed=0.02, of_user=0.02, mean=0.0):
    """Differences in which what a seed adds is the same for every user."""
    return (
        mean
        + random.normal(0, of_seed, (seeds, 1, 1))
        + random.normal(0, of_user, (1, users, 1))
        + random.normal(0, 0.01, (seeds, users, repeats))
    )


def slow_means(values, drawn_seeds, people, places):
    """One bootstrap sample at a time, one seed and one user at a time; seeds stretched by hand."""
    of_seeds = np.array([np.mean([np.nanmean(user) for user in of_seed]) for of_seed in values])
    factor = np.sqrt(len(values) / (len(values) - 1)) * stats.t.ppf(0.975, len(values) - 1) / stats.norm.ppf(0.975)
    moved = [of_seed + (factor - 1) * (own - of_seeds.mean()) for of_seed, own in zip(values, of_seeds, strict=True)]
    means = []
    for seeds, users, repeats in zip(drawn_seeds, people, places, strict=True):
        of_sample = []
        for seed in seeds:
            for user, chosen in zip(users, repeats, strict=True):
                own = [value for value in moved[seed][user] if not np.isnan(value)]
                of_sample.append(np.mean([own[place] for place in chosen[: len(own)]]))
        means.append(np.mean(of_sample))
    return np.array(means)


def test_the_interval_is_that_of_a_slow_loop_on_the_same_draws(monkeypatch):
    values = simulated(np.random.default_rng(0), 3, 7, 4)
    values[:, [1, 1, 4], [0, 3, 2]] = np.nan
    drawn: list[list[np.ndarray]] = []

    def seeds_spied(*args):
        drawn.append([draw_seeds(*args)])
        return drawn[-1][0]

    def users_spied(*args):
        drawn[-1] += draw(*args)
        return tuple(drawn[-1][1:])

    monkeypatch.setattr(over_seeds, "draw_seeds", seeds_spied)
    monkeypatch.setattr(over_seeds, "draw", users_spied)
    found = over_seeds_and_users(values, samples=300)
    means = np.concatenate([slow_means(values, *one) for one in drawn])
    assert len(means) == 300
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=1e-12)
    assert found.p == pytest.approx(min(1, 2 * min((means <= 0).mean(), (means >= 0).mean())))


def test_student_over_seeds_is_scipys():
    values = simulated(np.random.default_rng(1), mean=0.02)
    found = over_seeds_and_users(values, samples=100)
    of_seeds = values.mean(axis=(1, 2))
    known = stats.ttest_1samp(of_seeds, 0)
    assert (found.t_low, found.t_high) == pytest.approx(tuple(known.confidence_interval(0.95)))
    assert found.t_p == pytest.approx(known.pvalue)
    assert (found.mean, found.std_seeds) == pytest.approx((of_seeds.mean(), of_seeds.std(ddof=1)))


def test_with_an_effect_of_seeds_the_old_interval_misses_and_the_new_one_covers():
    # What seeds add is as large as what users do, so it moves the mean of 40 users by far more. 150 studies whose true
    # difference is 0: an honest 95 % interval holds it in about 142 of them.
    random = np.random.default_rng(4)
    studies = [simulated(random) for _ in range(150)]
    old = [bootstrap_interval(np.concatenate(list(study), axis=1), samples=400) for study in studies]
    new = [over_seeds_and_users(study, samples=400) for study in studies]
    assert np.mean([low < 0 < high for low, high in old]) < 0.6
    assert 0.9 < np.mean([found.low < 0 < found.high for found in new]) < 0.99
    assert 0.9 < np.mean([found.t_low < 0 < found.t_high for found in new]) < 0.99


def test_without_an_effect_of_seeds_the_interval_is_that_over_users():
    # Where a seed changes nothing, neither more seeds nor the stretched ones may widen what users' spread gives.
    once = simulated(np.random.default_rng(5), seeds=1)
    found = over_seeds_and_users(np.repeat(once, 5, axis=0), samples=4000)
    assert (found.low, found.high) == pytest.approx(bootstrap_interval(once[0], samples=4000), abs=5e-4)
    assert (found.std_seeds, found.t_low) == (pytest.approx(0, abs=1e-12), pytest.approx(found.mean))


def test_one_seed_is_the_bootstrap_over_users_or_things_and_has_no_student():
    values = simulated(np.random.default_rng(6), seeds=1)
    found = over_seeds_and_users(values, samples=500, seed=2)
    assert (found.low, found.high) == bootstrap_interval(values[0], samples=500, seed=2)
    assert (found.seeds, found.std_seeds, found.t_low, found.t_p) == (1, None, None, None)
    things = values[0, :, 0]
    difference, ends, p = paired_interval(lambda drawn: float(things[drawn].mean()), 40, samples=200, seed=1)
    one = over_seeds_and_things([lambda drawn: float(things[drawn].mean())], 40, samples=200, seed=1)
    assert (one.mean, (one.low, one.high), one.p) == (difference, ends, p)


def test_things_under_several_seeds_move_with_both():
    # Means of things have the interval that users with one repeat have.
    values = simulated(np.random.default_rng(7), seeds=6, repeats=1)
    users = over_seeds_and_users(values, samples=6000)
    measures = [lambda drawn, own=own: float(own[drawn].mean()) for own in values[:, :, 0]]
    things = over_seeds_and_things(measures, 40, samples=6000)
    assert (things.mean, things.t_low, things.std_seeds) == pytest.approx((users.mean, users.t_low, users.std_seeds))
    assert (things.low, things.high) == pytest.approx((users.low, users.high), abs=2e-3)


def test_a_measure_without_a_value_has_no_interval():
    assert over_seeds_and_things([lambda drawn: float("nan")] * 2, 5, samples=10) is None


def test_what_one_seed_lacks_counts_for_none():
    values = simulated(np.random.default_rng(8), seeds=2, users=3, repeats=2)
    values[0, 2] = np.nan  # the third user, under one seed alone
    assert over_seeds_and_users(values, samples=10).mean == pytest.approx(values[:, :2].mean())
    values[1, :2] = np.nan
    with pytest.raises(ValueError, match="no user"):
        over_seeds_and_users(values)


@pytest.mark.parametrize("seeds", [2, 5, 10])
def test_the_stretched_spread_gives_students_width(seeds):
    # n seeds drawn with replacement deviate by sqrt((n - 1) / n) s / sqrt n; 1.96 of the stretched is Student's half.
    plain = np.sqrt((seeds - 1) / seeds) * 1.96 / np.sqrt(seeds)
    assert stretch(seeds) * plain == pytest.approx(stats.t.ppf(0.975, seeds - 1) / np.sqrt(seeds), rel=1e-4)
