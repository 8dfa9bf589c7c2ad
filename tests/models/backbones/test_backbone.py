from __future__ import annotations

import pytest
import torch
from torch import nn

from piaa_lightning.models.backbones.backbone import Backbone

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def identity() -> Backbone:
    return Backbone(nn.Identity(), 3, 2, MEAN, STD)


def test_bytes_are_scaled_then_normalised_per_channel():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 3, 2, 2)
    values = identity()(images)
    for row, pixel in enumerate((0.0, 0.2, 1.0)):
        expected = [(pixel - mean) / std for mean, std in zip(MEAN, STD, strict=True)]
        for corner in ((0, 0), (1, 1)):
            assert values[row][:, *corner].tolist() == pytest.approx(expected, abs=1e-6)


def test_the_bytes_stay_as_they_are():
    images = torch.randint(0, 256, (2, 3, 2, 2), dtype=torch.uint8)
    before = images.clone()
    identity()(images)
    assert torch.equal(images, before)


def test_what_is_normalised_already_is_not_normalised_again():
    once = identity().normalise(torch.randint(0, 256, (2, 3, 2, 2), dtype=torch.uint8))
    assert torch.equal(identity()(once), once)


def test_statistics_move_with_the_network_but_are_not_part_of_theta():
    backbone = Backbone(nn.Linear(1, 1), 3, 2, MEAN, STD).double()
    assert backbone.normalise(torch.zeros(1, 3, 2, 2, dtype=torch.uint8)).dtype == torch.float64
    assert sorted(backbone.state_dict()) == ["network.bias", "network.weight"]
