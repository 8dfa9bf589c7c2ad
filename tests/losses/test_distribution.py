from __future__ import annotations

import pytest
import torch

from piaa_lightning.losses.distribution import distribution_loss


def test_mean_over_images_and_bins_by_hand():
    prediction = torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    target = torch.tensor([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]])
    assert distribution_loss(prediction, target).item() == pytest.approx((0.25 + 0.25) / 6)


def test_equals_the_talks_double_sum():
    random = torch.Generator().manual_seed(0)
    prediction, target = torch.rand(2, 7, 10, generator=random).double().softmax(-1)
    total = 0.0
    for i in range(7):
        for n in range(10):
            total += (prediction[i, n].item() - target[i, n].item()) ** 2
    assert distribution_loss(prediction, target).item() == pytest.approx(total / 7 / 10, rel=1e-12)


def test_the_greatest_value_is_two_over_the_bins():
    worst, best = torch.eye(10)[:1], torch.eye(10)[9:]
    assert distribution_loss(worst, best).item() == pytest.approx(0.2)
