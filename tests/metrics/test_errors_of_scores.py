import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from piaa_lightning.metrics.mae import mae
from piaa_lightning.metrics.rmse import rmse

PAIRS = [(mae, mean_absolute_error), (rmse, root_mean_squared_error)]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_equals_scikit_learn(ours, theirs):
    prediction, target = np.random.default_rng(0).random((2, 50))
    assert ours(prediction, target) == pytest.approx(theirs(target, prediction), abs=1e-12)
    assert ours(target, target) == 0


@pytest.mark.parametrize(("ours", "_theirs"), PAIRS)
def test_nothing_has_no_error_and_nan_is_refused(ours, _theirs):
    assert np.isnan(ours([], []))
    with pytest.raises(ValueError, match="NaN"):
        ours([np.nan], [0.5])
