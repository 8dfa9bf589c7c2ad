from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.accuracy import accuracy
from piaa_lightning.metrics.balanced_accuracy import balanced_accuracy


@pytest.mark.parametrize("threshold", [0.25, 4 / 9, 0.5])
@pytest.mark.parametrize("levels", [4, 9, 1000])
def test_equals_scikit_learn(levels, threshold):
    random = np.random.default_rng(levels)
    prediction, target = random.integers(0, levels + 1, (2, 200)) / levels
    sides = target > threshold, prediction > threshold
    assert accuracy(prediction, target, threshold) == pytest.approx(accuracy_score(*sides), abs=1e-12)
    assert balanced_accuracy(prediction, target, threshold) == pytest.approx(balanced_accuracy_score(*sides), abs=1e-12)


def test_calling_everything_good_is_accurate_and_not_balanced():
    target = [0.9] * 7 + [0.1] * 3
    assert accuracy([0.8] * 10, target) == 0.7
    assert balanced_accuracy([0.8] * 10, target) == 0.5


def test_the_cut_itself_is_not_above():
    # predicted and true mean are compared with the same threshold
    assert accuracy([0.5, 0.5], [0.5, 0.4]) == 1
    assert accuracy([0.5], [0.51]) == 0


def test_a_mean_vote_of_exactly_five_is_bad_in_single_precision_too():
    stored = np.array([4 / 9], dtype=np.float32)
    assert stored.astype(np.float64)[0] > 4 / 9
    assert accuracy([0.1], stored, threshold=4 / 9) == 1
    assert accuracy(stored, [0.1], threshold=4 / 9) == 1
    # the finest step of AVA's means: 549 votes, of which one is for the next bin
    assert accuracy([0.1], stored + np.float32(1 / 549 / 9), threshold=4 / 9) == 0


def test_undefined_is_nan():
    assert np.isnan(accuracy([], []))
    assert np.isnan(balanced_accuracy([], []))
    assert np.isnan(balanced_accuracy([0.9, 0.1], [0.9, 0.8]))
    assert np.isnan(balanced_accuracy([0.9, 0.1], [0.2, 0.1]))
    assert np.isnan(balanced_accuracy([0.9], [0.9]))
    assert accuracy([0.9], [0.9]) == 1


@pytest.mark.parametrize("function", [accuracy, balanced_accuracy])
def test_nan_and_shapes_are_refused(function):
    with pytest.raises(UserError, match="1 of 2 predictions are NaN"):
        function([np.nan, 0.1], [0.2, 0.1])
    with pytest.raises(ValueError, match="1 of 2 targets are NaN"):
        function([0.2, 0.1], [np.nan, 0.1])
    with pytest.raises(ValueError, match="must both be"):
        function([0.2], [0.2, 0.1])
    with pytest.raises(ValueError, match="must both be"):
        function([[0.2]], [[0.2]])
