from __future__ import annotations

import torch
from torch import nn

from piaa_lightning.models.trait_head import TraitHead


def test_the_published_branch_layer_by_layer():
    layers = list(TraitHead(1024, hidden=[2048, 1024], norm=True, dropout=0.5, norm_output=True).layers)
    block = [nn.Linear, nn.BatchNorm1d, nn.PReLU, nn.Dropout]
    assert [type(layer) for layer in layers] == [*block, *block, nn.Linear, nn.BatchNorm1d]
    assert (layers[-2].out_features, layers[-1].num_features) == (5, 5)


def test_traits_are_the_tanh_of_the_last_layer_and_lie_in_their_range():
    torch.manual_seed(0)
    head = TraitHead(4, traits=3)
    features = 20 * torch.randn(50, 4)
    values = head(features)
    assert values.shape == (50, 3)
    torch.testing.assert_close(values, torch.tanh(features @ head.layers[0].weight.T + head.layers[0].bias))
    assert -1 <= values.min() < -0.9 < 0.9 < values.max() <= 1
