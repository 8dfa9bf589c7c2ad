import numpy as np
import pytest
from scipy import stats

from piaa_lightning.errors import UserError
from piaa_lightning.metrics.plcc import plcc
from piaa_lightning.metrics.srocc import srocc, srocc_many
from piaa_lightning.metrics.srocc_pooled import srocc_parts


def test_hand_computed_without_ties():
    # ranks 1 2 3 4 5 against 2 1 4 3 5: sum d^2 = 4, rho = 1 - 6 * 4 / (5 * 24) = 0.8
    assert srocc([1, 2, 3, 4, 5], [20, 10, 40, 30, 50]) == pytest.approx(0.8, abs=1e-15)


def test_hand_computed_with_ties():
    # mid-ranks 1.5 1.5 3 against 1 2 3: covariance 1.5, powers 1.5 and 2, rho = 1.5 / sqrt(3)
    assert srocc([7, 7, 9], [1, 2, 3]) == pytest.approx(np.sqrt(3) / 2, abs=1e-15)


@pytest.mark.parametrize("levels", [2, 5, 1000])
@pytest.mark.parametrize("length", [2, 3, 12, 90])
def test_equals_scipy_with_and_without_ties(length, levels):
    rng = np.random.default_rng(length * levels)
    for _ in range(20):
        prediction = rng.integers(0, levels, length) / 7
        target = rng.integers(0, levels, length) / 3
        if np.ptp(prediction) == 0 or np.ptp(target) == 0:
            continue
        assert srocc(prediction, target) == pytest.approx(stats.spearmanr(prediction, target).statistic, abs=1e-12)


def test_order_is_exactly_one_under_any_increasing_map():
    for length in (2, 3, 7, 90, 1000):
        target = np.random.default_rng(length).random(length)
        assert srocc(np.exp(5 * target), target) == 1.0
        assert srocc(-target, target) == -1.0


def test_parts_of_groups_sum_to_scipys_coefficient_of_the_pool():
    rng = np.random.default_rng(1)
    targets = [rng.integers(0, 5, length) / 4 for length in (3, 20, 1, 44)]
    predictions = [np.round(own + rng.normal(level, 0.4, len(own)), 1) for level, own in enumerate(targets)]
    parts = srocc_parts(predictions, targets)
    pooled = stats.spearmanr(np.concatenate(predictions), np.concatenate(targets)).statistic
    assert parts.sum() == pytest.approx(pooled, abs=1e-12)
    assert parts.shape == (4,)
    # a group's own order is all that counts where there is one group
    assert srocc_parts(predictions[1:2], targets[1:2])[0] == pytest.approx(srocc(predictions[1], targets[1]))


def test_parts_where_there_is_no_order():
    assert np.isnan(srocc_parts([[1, 2], [3]], [[4, 4], [4]])).all()
    assert srocc_parts([[1, 1], [1]], [[4, 5], [6]]).tolist() == [0, 0]
    with pytest.raises(ValueError, match="same lengths"):
        srocc_parts([[1, 2], [3]], [[4], [4, 4]])


def test_constants():
    assert np.isnan(srocc([1, 2, 3], [4, 4, 4]))
    assert np.isnan(srocc([1, 1, 1], [4, 4, 4]))
    assert srocc([1, 1, 1], [4, 5, 6]) == 0.0
    assert np.isnan(srocc([1], [1]))
    assert np.isnan(srocc([], []))


def test_affine_calibration_changes_nothing():
    rng = np.random.default_rng(1)
    prediction, target = rng.random(40), rng.integers(1, 6, 40)
    assert srocc(0.25 * prediction + 0.5, target) == srocc(prediction, target)


def test_many_equals_one_by_one():
    rng = np.random.default_rng(2)
    predictions = rng.integers(0, 6, (30, 25)).astype(float)
    predictions[7] = 0.5
    target = rng.integers(1, 6, 25)
    assert srocc_many(predictions, target).tolist() == [srocc(row, target) for row in predictions]
    assert srocc_many(predictions, target)[7] == 0.0
    assert np.isnan(srocc_many(predictions, np.ones(25))).all()


@pytest.mark.parametrize("function", [srocc, plcc])
def test_nan_and_shapes_are_refused(function):
    with pytest.raises(UserError, match="1 of 3 predictions are NaN"):
        function([1, np.nan, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="targets are NaN"):
        function([1, 2, 3], [1, np.nan, 3])
    with pytest.raises(ValueError, match="must be"):
        function([1, 2], [1, 2, 3])


def test_plcc_equals_scipy():
    rng = np.random.default_rng(3)
    prediction, target = rng.random(50), rng.random(50)
    assert plcc(prediction, target) == pytest.approx(stats.pearsonr(prediction, target).statistic, abs=1e-12)


def test_plcc_constants():
    assert plcc([0.1] * 11, np.arange(11)) == 0.0
    assert np.isnan(plcc(np.arange(11), [0.1] * 11))
