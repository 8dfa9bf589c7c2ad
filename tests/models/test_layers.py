from __future__ import annotations

import pytest
from torch import nn

from piaa_lightning.models.layers import hidden_layers


@pytest.mark.parametrize(
    ("hidden", "norm", "dropout", "kinds", "width"),
    [
        ([], True, 0.5, [], 7),
        ([3], False, 0.0, [nn.Linear, nn.PReLU], 3),
        ([4, 2], True, 0.0, [nn.Linear, nn.BatchNorm1d, nn.PReLU] * 2, 2),
        ([5], False, 0.1, [nn.Linear, nn.PReLU, nn.Dropout], 5),
    ],
)
def test_layers_and_the_width_that_comes_out(hidden, norm, dropout, kinds, width):
    layers, out = hidden_layers(7, hidden, norm, dropout)
    assert [type(layer) for layer in layers] == kinds
    assert out == width
