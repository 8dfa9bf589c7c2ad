from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piaa_lightning.metrics.kendall_tau import kendall_tau

scores = st.integers(0, 4)


def by_pairs(prediction, target):
    """Tau-b straight from its definition, pair by pair."""
    pairs = [
        (np.sign(prediction[i] - prediction[j]), np.sign(target[i] - target[j]))
        for i, j in combinations(range(len(target)), 2)
    ]
    ours, theirs = sum(a != 0 for a, _ in pairs), sum(b != 0 for _, b in pairs)
    return sum(a * b for a, b in pairs) / np.sqrt(ours * theirs)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(st.tuples(scores, scores), min_size=2, max_size=12))
def test_equals_the_definition(pairs):
    prediction, target = np.array(pairs, dtype=float).T
    if np.ptp(target) and np.ptp(prediction):
        assert kendall_tau(prediction, target) == pytest.approx(by_pairs(prediction, target), abs=1e-12)


def test_the_rule_for_constants_is_that_of_srocc():
    assert kendall_tau([0.5, 0.5, 0.5], [1, 2, 3]) == 0
    assert np.isnan(kendall_tau([1, 2, 3], [0.5, 0.5, 0.5]))
    assert np.isnan(kendall_tau([1], [2]))
    assert kendall_tau([3, 2, 1], [1, 2, 3]) == -1


def test_nan_and_lengths_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        kendall_tau([np.nan, 1], [1, 2])
    with pytest.raises(ValueError, match="must be"):
        kendall_tau([1, 2, 3], [1, 2])
