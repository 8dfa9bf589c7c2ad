from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from piaa_lightning.metrics.emd import emd
from piaa_lightning.metrics.stateful.images import ImageMetrics


def images(seed=0, length=101, bins=10):
    random = np.random.default_rng(seed)
    true = random.dirichlet(np.ones(bins), length)
    predicted = 0.5 * true + 0.5 * random.dirichlet(np.ones(bins), length)
    place = np.arange(bins) / (bins - 1)
    return random.permutation(10 * length)[:length], predicted @ place, true @ place, predicted, true


def update(metric, arrays, rows):
    metric.update(*(torch.from_numpy(array[rows]) for array in arrays))


def test_equals_oracles_over_batches():
    arrays = images()
    _, prediction, target, predicted, true = arrays
    metric = ImageMetrics(threshold=0.45, bins=10)
    for rows in np.array_split(np.arange(101), 7):
        update(metric, arrays, rows)
    values = {name: value.item() for name, value in metric.compute().items()}
    assert values == pytest.approx(
        {
            "acc": accuracy_score(target > 0.45, prediction > 0.45),
            "balanced_acc": balanced_accuracy_score(target > 0.45, prediction > 0.45),
            "srocc": stats.spearmanr(prediction, target).statistic,
            "plcc": stats.pearsonr(prediction, target).statistic,
            "emd_r1": emd(predicted, true, 1).mean(),
            "emd_r2": emd(predicted, true, 2).mean(),
        },
        abs=1e-6,
    )
    assert metric.images_counted == 101


def test_without_distributions_there_is_no_emd():
    arrays = images()[:3]
    metric = ImageMetrics()
    update(metric, arrays, slice(None))
    assert set(metric.compute()) == {"acc", "balanced_acc", "srocc", "plcc"}


def test_an_image_that_is_repeated_counts_once():
    arrays = images(1)
    once, padded = ImageMetrics(bins=10), ImageMetrics(bins=10)
    update(once, arrays, np.arange(101))
    update(padded, arrays, np.arange(50, 101))
    update(padded, arrays, np.arange(60))
    update(padded, arrays, np.arange(1))
    assert padded.compute() == once.compute()
    assert padded.images_counted == 101


def test_undefined_is_nan_and_a_constant_prediction_has_no_correlation():
    metric = ImageMetrics()
    metric.update(torch.arange(3), torch.tensor([0.2, 0.2, 0.2]), torch.tensor([0.1, 0.2, 0.3]))
    values = metric.compute()
    assert values["srocc"] == values["plcc"] == 0
    assert values["acc"] == 1
    assert values["balanced_acc"].isnan()
    metric.reset()
    metric.update(torch.tensor([4]), torch.tensor([0.2]), torch.tensor([0.1]))
    assert metric.compute()["srocc"].isnan()
    assert metric.images_counted == 1


@pytest.mark.filterwarnings("ignore:The ..compute.. method of metric ImageMetrics was called before")
def test_no_image_is_nan():
    values = ImageMetrics(bins=10).compute()
    assert len(values) == 6
    assert all(value.isnan() for value in values.values())


def test_wrong_use_is_refused():
    index, prediction, target, predicted, true = (torch.from_numpy(a) for a in images())
    with pytest.raises(ValueError, match="0 of 2 distributions given to metrics with bins=10"):
        ImageMetrics(bins=10).update(index, prediction, target)
    with pytest.raises(ValueError, match="2 of 2 distributions given to metrics with bins=0"):
        ImageMetrics().update(index, prediction, target, predicted, true)
    with pytest.raises(ValueError, match=r"predicted_distributions \(101, 10\) must be \('batch', 5\)"):
        ImageMetrics(bins=5).update(index, prediction, target, predicted, true)
    with pytest.raises(ValueError, match="101 images, 100 predictions, 101 targets"):
        ImageMetrics().update(index, prediction[1:], target)
