from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.evaluation.comparison.resampling import interval, paired_interval

VALUES = np.random.default_rng(5).normal(0.03, 0.1, 200)


def mean(drawn):
    return float(VALUES[drawn].mean())


def test_interval_of_a_mean_is_the_normal_one():
    difference, (low, high), _ = paired_interval(mean, 200, samples=4000)
    half = 1.96 * VALUES.std() / np.sqrt(200)
    assert difference == pytest.approx(VALUES.mean(), abs=1e-12)
    assert (low, high) == pytest.approx((VALUES.mean() - half, VALUES.mean() + half), abs=0.0015)


def test_everything_is_the_percentiles_of_the_draws_of_a_slow_loop():
    random = np.random.default_rng(3)
    drawn = sorted(mean(random.integers(0, 200, 200)) for _ in range(500))
    _, interval, p = paired_interval(mean, 200, samples=500, seed=3)
    assert interval == pytest.approx(np.percentile(drawn, [2.5, 97.5]))
    share = sum(value <= 0 for value in drawn) / 500
    assert p == pytest.approx(max(2 * min(share, 1 - share), 1 / 500))


def test_one_seed_gives_one_interval_and_another_another():
    first, same, other = (paired_interval(mean, 200, samples=200, seed=seed) for seed in (0, 0, 1))
    assert first == same
    assert first[1] != other[1]
    assert first[0] == other[0]


def test_p_is_two_sided_and_has_a_floor():
    random = np.random.default_rng(0)
    strong, none = 1 + random.normal(0, 0.1, 50), np.tile([1.0, -1.0], 25)
    found = [paired_interval(lambda drawn, v=v: float(v[drawn].mean()), 50) for v in (strong, -strong, none)]
    assert [each[2] for each in found[:2]] == [0.001, 0.001]
    assert 0.5 < found[2][2] <= 1
    assert found[0][1] == pytest.approx(tuple(-end for end in reversed(found[1][1])))


def test_no_difference_at_all_is_certain_of_nothing():
    assert paired_interval(lambda drawn: 0.0, 10, samples=20) == (0.0, (0.0, 0.0), 1.0)


def test_draws_without_a_measure_are_left_out():
    def sometimes(drawn):
        return float("nan") if len(set(drawn.tolist())) < 3 else mean(drawn)

    difference, (low, high), p = paired_interval(sometimes, 3, samples=300)
    assert difference == mean(np.arange(3))
    assert low == high == pytest.approx(difference)  # what is left are orders of the same three
    assert p <= 1


def test_no_measure_at_all_is_nan():
    difference, interval, p = paired_interval(lambda drawn: float("nan"), 3, samples=10)
    assert np.isnan([difference, *interval]).all()
    assert p == 1.0


def test_an_interval_of_a_mean_is_what_theory_says_and_pairs_with_a_difference():
    values = np.random.default_rng(3).normal(2, 1, 400)
    low, high = interval(lambda drawn: float(values[drawn].mean()), 400)
    assert (low, high) == pytest.approx((values.mean() - 1.96 / 20, values.mean() + 1.96 / 20), abs=0.015)
    assert paired_interval(lambda drawn: float(values[drawn].mean()), 400)[1] == (low, high)
    assert interval(lambda drawn: float("nan"), 10) is None
