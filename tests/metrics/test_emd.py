from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from piaa_lightning.metrics.emd import emd, emd_r1, emd_r2

BINS = 6
votes = st.lists(st.integers(0, 5), min_size=BINS, max_size=BINS).filter(any)


def shares(histogram):
    return np.array(histogram) / np.sum(histogram)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.tuples(votes, votes), min_size=1, max_size=4))
def test_equals_scipy(pairs):
    prediction = np.array([shares(p) for p, _ in pairs])
    target = np.array([shares(t) for _, t in pairs])
    place = np.arange(BINS)
    carried = [stats.wasserstein_distance(place, place, *pair) for pair in zip(prediction, target, strict=True)]
    assert emd(prediction, target, 1) == pytest.approx(np.array(carried) / BINS, abs=1e-12)
    # the energy distance is the root of twice the integral of squared differences of CDFs
    energy = [stats.energy_distance(place, place, *pair) for pair in zip(prediction, target, strict=True)]
    assert emd(prediction, target, 2) == pytest.approx(np.array(energy) / np.sqrt(2 * BINS), abs=1e-7)
    assert emd_r1(prediction, target) == pytest.approx(np.array(carried) / BINS, abs=1e-12)
    assert emd_r2(prediction, target) == pytest.approx(np.array(energy) / np.sqrt(2 * BINS), abs=1e-7)


def test_far_costs_more_than_near():
    # one vote at bin 2; carried by 1 and by 7 bins of 10. Without the cumulative sum both would be .2
    bins = np.eye(10)
    assert emd(bins[[3, 9]], bins[[2, 2]], 1) == pytest.approx([0.1, 0.7])
    assert emd(bins[[3, 9]], bins[[2, 2]], 2) == pytest.approx(np.sqrt([0.1, 0.7]))


def test_equal_distributions_are_at_zero():
    same = np.full((3, 10), 0.1)
    assert emd(same, same, 1).tolist() == [0, 0, 0]
    assert emd_r2(same, same).tolist() == [0, 0, 0]


def test_single_elements_and_none():
    assert emd([[1.0]], [[1.0]], 2).tolist() == [0]
    assert emd(np.zeros((0, 10)), np.zeros((0, 10)), 1).shape == (0,)
    assert emd_r2(np.zeros((0, 10)), np.zeros((0, 10))).shape == (0,)


def test_what_is_no_distribution_is_refused():
    good = [[0.5, 0.5]]
    for bad in ([[np.nan, 1.0]], [[0.0, 0.0]], [[-0.5, 1.5]], [[2.0, 3.0]]):
        with pytest.raises(ValueError, match="1 of 1 predictions are no distributions"):
            emd(bad, good, 1)
        with pytest.raises(ValueError, match="1 of 1 targets are no distributions"):
            emd(good, bad, 1)
    with pytest.raises(ValueError, match="must both be"):
        emd([0.5, 0.5], [0.5, 0.5], 1)
    with pytest.raises(ValueError, match="r must be at least 1"):
        emd(good, good, 0)
