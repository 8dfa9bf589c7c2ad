from __future__ import annotations

import pytest
import torch
from torch import nn

from piaa_lightning.models.backbones.small_cnn import SmallCNN


@pytest.mark.parametrize("size", [32, 64])
def test_feature_length_at_each_size(size):
    network = SmallCNN(width=4, features=7, size=size).eval()
    assert network(torch.randn(2, 3, size, size)).shape == (2, network.num_features) == (2, 7)


def test_channels_double_twice():
    convolutions = [m for m in SmallCNN(width=5).modules() if isinstance(m, nn.Conv2d)]
    assert [m.out_channels for m in convolutions] == [5, 10, 20]


def test_the_place_of_a_subject_matters():
    torch.manual_seed(0)
    network = SmallCNN(width=4, features=16).eval()
    left = torch.zeros(1, 3, 64, 64)
    left[..., 16:32, 0:16] = 3.0
    with torch.no_grad():
        assert not torch.allclose(network(left), network(left.flip(-1)), atol=1e-3)


def test_every_parameter_takes_part():
    network = SmallCNN(width=4, features=64, size=32)
    network(torch.randn(4, 3, 32, 32)).square().sum().backward()
    still = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # batch norm follows, so a convolution needs no bias; all else must move
    assert still == []
