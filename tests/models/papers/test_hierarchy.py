from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.hierarchy import Hierarchy

IMAGES = torch.randint(0, 256, (12, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network() -> Hierarchy:
    torch.manual_seed(0)
    backbone = Backbone(nn.Sequential(nn.Flatten(), nn.Linear(12, 4)), 4, 2, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))
    network = Hierarchy(backbone, ScoreHead, 4, kinds=3)
    for own in network.networks:  # as if trained: they start as copies
        nn.init.normal_(own.network[1].weight)
    nn.init.normal_(network.head.kind.weight, std=5)
    return network


def each(network: Hierarchy) -> torch.Tensor:
    """The score of every kind's network, ``(batch, kinds)``."""
    pairs = zip(network.head.heads, network.networks, strict=True)
    return torch.stack([head(own(IMAGES)) for head, own in pairs], dim=1)


def test_an_image_is_judged_by_the_network_of_its_likeliest_kind(network):
    network.eval()
    kind = network.head.kind(network.backbone(IMAGES)).argmax(dim=1)
    assert len(set(kind.tolist())) > 1
    expected = each(network)[torch.arange(12), kind]
    assert torch.allclose(network(IMAGES), expected, atol=1e-6)


def test_training_blends_and_teaches_every_network(network):
    scores, shares = network.train().both(IMAGES)
    assert shares.sum(dim=1).tolist() == pytest.approx([1.0] * 12, abs=1e-6)
    assert torch.allclose(scores, (each(network) * shares).sum(dim=1), atol=1e-6)
    scores.sum().backward()
    assert all((own.network[1].weight.grad != 0).any() for own in (network.backbone, *network.networks))


def test_networks_share_no_weight(network):
    weights = {id(parameter) for own in (network.backbone, *network.networks) for parameter in own.parameters()}
    assert len(weights) == 4 * 2


def test_it_costs_little_more_than_its_networks(network):
    def cost(run) -> int:
        with FlopCounterMode(display=False) as counter:
            run(IMAGES).sum().backward()
        return counter.get_total_flops()

    alone = sum(cost(own) for own in (network.backbone, *network.networks))
    assert cost(network.train()) <= 1.1 * alone + cost(lambda images: network.head(torch.ones(12, 16)))


def test_frozen_features_are_a_sentence():
    with pytest.raises(UserError, match=r"^backbone\.frozen=true: the hierarchy of networks looks at images"):
        Hierarchy(None, ScoreHead, 4)
