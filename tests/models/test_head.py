from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from piaa_lightning.models.head import ScoreHead


def test_the_published_head_layer_by_layer():
    layers = list(ScoreHead(2048, hidden=[1024, 512], norm=True, dropout=0.5).layers)
    block = [nn.Linear, nn.BatchNorm1d, nn.PReLU, nn.Dropout]
    assert [type(layer) for layer in layers] == [*block, *block, nn.Linear]
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(2048, 1024), (1024, 512), (512, 1)]
    assert {layer.p for layer in layers if isinstance(layer, nn.Dropout)} == {0.5}


def test_no_norm_and_no_dropout_by_default():
    assert [type(layer) for layer in ScoreHead(8, hidden=[4]).layers] == [nn.Linear, nn.PReLU, nn.Linear]


def test_a_linear_head_by_hand():
    head = ScoreHead(2)
    with torch.no_grad():
        head.layers[0].weight.copy_(torch.tensor([[1.0, -2.0]]))
        head.layers[0].bias.fill_(0.5)
    scores = head(torch.tensor([[0.0, 0.0], [1.0, 2.0]]))
    expected = [1 / (1 + math.exp(-0.5)), 1 / (1 + math.exp(2.5))]
    assert scores.tolist() == pytest.approx(expected, rel=1e-6)


def test_one_image_keeps_its_batch_dimension():
    assert ScoreHead(3, hidden=[2])(torch.randn(1, 3)).shape == (1,)
