from __future__ import annotations

import torch
from torch import nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork


def network() -> ScoreNetwork:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    return ScoreNetwork(Backbone(body, 4, 2, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)), ScoreHead(4))


def test_it_is_the_head_after_the_backbone():
    net = network()
    images = torch.randint(0, 256, (5, 3, 2, 2), dtype=torch.uint8)
    assert torch.equal(net(images), net.head(net.backbone(images)))


def test_preparing_once_changes_no_score():
    net = network()
    images = torch.randint(0, 256, (5, 3, 2, 2), dtype=torch.uint8)
    assert torch.equal(net(net.prepare(images)), net(images))


def test_frozen_features_go_straight_to_the_head():
    net = ScoreNetwork(None, ScoreHead(4))
    features = torch.randn(3, 4)
    assert torch.equal(net(features), net.head(features))
    assert net.prepare(features) is features
