from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.losses.emd import emd_loss
from piaa_lightning.metrics.emd import emd


def distributions(seed=0, images=6, bins=10):
    random = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(2, images, bins, generator=random, dtype=torch.float64)).softmax(-1)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("r", [1, 2, 3])
def test_equals_a_loop_over_cumulative_sums(r, squared):
    prediction, target = distributions()
    total = 0.0
    for p, t in zip(prediction.tolist(), target.tolist(), strict=True):
        distance = (sum(abs(sum(p[: k + 1]) - sum(t[: k + 1])) ** r for k in range(10)) / 10) ** (1 / r)
        total += distance**2 if squared else distance
    assert emd_loss(prediction, target, r=r, squared=squared).item() == pytest.approx(total / 6, rel=1e-12)


def test_nimas_squared_loss_is_the_mean_of_squared_differences_of_cdfs():
    prediction, target = distributions(1)
    expected = (prediction.cumsum(1) - target.cumsum(1)).square().mean()
    assert emd_loss(prediction, target, squared=True).item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("r", [1, 2])
def test_far_costs_more_than_near(r):
    # without the cumulative sum both would cost the same
    true, near, far = torch.eye(10)[[2]], torch.eye(10)[[3]], torch.eye(10)[[9]]
    assert emd_loss(near, true, r=r).item() == pytest.approx((1 / 10) ** (1 / r))
    assert emd_loss(far, true, r=r).item() == pytest.approx((7 / 10) ** (1 / r))


@pytest.mark.parametrize("r", [1, 2])
def test_equals_the_metric(r):
    prediction, target = distributions(2)
    assert emd_loss(prediction, target, r=r).item() == pytest.approx(np.mean(emd(prediction, target, r)), rel=1e-12)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("r", [1, 2])
@pytest.mark.parametrize("nudge", [0.0, 1e-30, 1e-22, 1e-7])
def test_gradient_is_finite_where_prediction_meets_target(r, squared, nudge):
    target = torch.full((3, 10), 0.1)
    prediction = target.clone()
    prediction[0, 0] = nudge  # and its target below: a difference too small for its square
    target[0, 0] = 0.0
    target[1], prediction[1] = torch.eye(10)[4], torch.eye(10)[5]
    prediction.requires_grad_()
    emd_loss(prediction, target, r=r, squared=squared).backward()
    assert torch.isfinite(prediction.grad).all()
    assert (prediction.grad[2] == 0).all()
    assert prediction.grad[1].abs().sum() > 0


@pytest.mark.parametrize("squared", [False, True])
def test_gradient_equals_differences(squared):
    prediction, target = distributions(3, images=3, bins=5)
    prediction.requires_grad_()
    assert torch.autograd.gradcheck(lambda p: emd_loss(p, target, squared=squared), prediction)


def test_r_below_one_is_refused():
    with pytest.raises(ValueError, match=r"r must be at least 1, not 0\.5"):
        emd_loss(*distributions(), r=0.5)
