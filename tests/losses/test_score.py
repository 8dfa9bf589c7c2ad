from __future__ import annotations

import pytest
import torch

from piaa_lightning.losses.score import score_loss, score_loss_from


def test_mean_of_squares_by_hand():
    # (.5^2 + 0^2 + .2^2) / 3
    loss = score_loss(torch.tensor([0.5, 0.25, 0.9]), torch.tensor([1.0, 0.25, 0.7]))
    assert loss.shape == ()
    assert loss.item() == pytest.approx((0.25 + 0.04) / 3)


def test_gradient_by_hand():
    prediction = torch.tensor([0.5, 0.25, 0.9], requires_grad=True)
    score_loss(prediction, torch.tensor([1.0, 0.25, 0.7])).backward()
    # 2/M (y^ - y)
    assert prediction.grad.tolist() == pytest.approx([-1 / 3, 0.0, 0.4 / 3], abs=1e-7)


def test_a_fifth_of_the_scale_from_one_to_five_is_what_the_authors_divide_by():
    levels = torch.arange(1.0, 6.0)
    inside = (levels - 1) / 4
    said = torch.tensor([0.1, 0.5, 0.7, 0.2, 0.9])
    assert score_loss_from(said, inside, lowest=0.2).item() == pytest.approx((said - levels / 5).square().mean().item())
