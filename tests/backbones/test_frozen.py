from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from piaa_lightning.backbones.backbone import Backbone
from piaa_lightning.backbones.frozen import frozen_features
from piaa_lightning.data.pictures import Pictures

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 3, 8, 8), dtype=np.uint8)


def backbone(padding: str = "zeros", mean: float = 0.5, bias: float = 0.0) -> Backbone:
    convolution = nn.Conv2d(3, 2, 3, padding=1, padding_mode=padding)
    nn.init.constant_(convolution.weight, 0.1)
    nn.init.constant_(convolution.bias, bias)
    network = nn.Sequential(convolution, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Backbone(network, 2, 8, (mean,) * 3, (0.25,) * 3)


def features(tmp_path, made: Backbone, key: str = "these"):
    pictures = Pictures(PIXELS, {}, tmp_path / key)
    return frozen_features(made, pictures, tmp_path / "cache", torch.device("cpu"))


def test_features_are_those_of_the_backbone_and_kept(tmp_path, monkeypatch):
    made = backbone()
    with torch.no_grad():
        expected = made.eval()(torch.from_numpy(PIXELS)).numpy()
    np.testing.assert_array_equal(features(tmp_path, made), expected)
    monkeypatch.setattr(Backbone, "forward", None)  # not needed a second time
    np.testing.assert_array_equal(features(tmp_path, backbone()), expected)


@pytest.mark.parametrize("change", [{"padding": "reflect"}, {"mean": 0.4}, {"bias": 1.0}])
def test_another_backbone_has_its_own_features_even_where_the_weights_are_the_same(tmp_path, change):
    first = features(tmp_path, backbone())
    second = features(tmp_path, backbone(**change))
    assert not np.allclose(first, second)
