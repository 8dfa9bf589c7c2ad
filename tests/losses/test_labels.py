from __future__ import annotations

import math

import pytest
import torch

from piaa_lightning.losses.labels import content_loss, label_loss

NAN = float("nan")


def test_labels_are_a_mean_cross_entropy_over_what_is_known():
    prediction = torch.tensor([[0.5, -0.5, 0.9], [0.0, 0.2, -0.8]], requires_grad=True)
    target = torch.tensor([[1.0, -1.0, NAN], [NAN, 1.0, 1.0]])
    probability = [(0.75, True), (0.25, False), (0.6, True), (0.1, True)]
    expected = -sum(math.log(p if yes else 1 - p) for p, yes in probability) / 4
    loss = label_loss(prediction, target)
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    loss.backward()
    assert (prediction.grad == 0).tolist() == [[False, False, True], [True, False, False]]


def test_contents_are_a_cross_entropy_with_equal_parts_of_what_an_image_holds():
    shares = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6], [1.0, 0.0, 0.0]], requires_grad=True)
    target = torch.tensor([[1.0, -1, -1], [-1, 1, 1], [NAN, NAN, NAN], [-1, -1, -1]])
    expected = -(math.log(0.5) + (math.log(0.1) + math.log(0.8)) / 2) / 2
    loss = content_loss(shares, target)
    assert loss.item() == pytest.approx(expected, rel=1e-6)
    loss.backward()
    assert (shares.grad[2:] == 0).all()


def test_a_share_of_zero_is_finite():
    assert content_loss(torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, -1.0]])).isfinite()
    assert label_loss(torch.tensor([[-1.0]]), torch.tensor([[1.0]])).item() == 100


@pytest.mark.parametrize("loss", [label_loss, content_loss])
def test_nothing_known_is_zero(loss):
    prediction = torch.rand(2, 3).requires_grad_()
    value = loss(prediction, torch.full((2, 3), NAN))
    value.backward()
    assert value.item() == 0
    assert (prediction.grad == 0).all()


@pytest.mark.parametrize("loss", [label_loss, content_loss])
def test_shapes_that_differ_stop(loss):
    with pytest.raises(ValueError, match="shape"):
        loss(torch.rand(2, 3), torch.rand(2, 1))
