from __future__ import annotations

import pytest
import torch

from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.aesthetic_space import AestheticSpace

FEATURES = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("unit", [True, False])
def test_places_lie_on_the_sphere_and_the_head_scores_them(unit):
    torch.manual_seed(0)
    net = AestheticSpace(None, ScoreHead, 4, dimensions=3, unit=unit)
    places = net.embed(FEATURES)
    plain = net.space(FEATURES)
    expected = plain / plain.norm(dim=1, keepdim=True) if unit else plain
    assert torch.allclose(places, expected)
    assert torch.equal(net(FEATURES), net.head(places))


def test_the_classifier_does_not_move_the_space():
    net = AestheticSpace(None, ScoreHead, 4, dimensions=3)
    scores, places = net.placed(FEATURES)
    assert torch.equal(scores, net(FEATURES))
    scores.sum().backward()
    assert net.space.weight.grad is None
    assert (net.head.layers[0].weight.grad != 0).any()
    places.sum().backward()
    assert (net.space.weight.grad != 0).any()
