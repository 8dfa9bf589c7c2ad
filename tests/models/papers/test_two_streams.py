"""The networks beside the plain one: what their branches share, and what each says."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import score_network
from piaa_lightning.models.papers.attribute_network import AttributeNetwork
from piaa_lightning.models.papers.trait_network import TraitNetwork
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead

IMAGES = torch.randint(0, 256, (5, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
FEATURES = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
VOTES = partial(DistributionHead, bins=3)
TRAITS = partial(TraitHead, traits=2)


def backbone() -> Backbone:
    torch.manual_seed(0)
    return Backbone(nn.Sequential(nn.Flatten(), nn.Linear(12, 4)), 4, 2, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))


@pytest.mark.parametrize(("eye", "inputs"), [(backbone(), IMAGES), (None, FEATURES)])
class TestBranches:
    def test_both_streams_stand_on_one_backbone(self, eye, inputs):
        net = TwoStreams(eye, VOTES, 4, TRAITS)
        features = inputs if eye is None else eye(inputs)
        assert torch.equal(net(inputs), net.head(features))
        assert torch.equal(net.distribution(inputs), net.head.distribution(features))
        assert torch.equal(net.traits(inputs), net.personality(features))

    def test_traits_alone(self, eye, inputs):
        net = TraitNetwork(eye, VOTES, 4, TRAITS)
        assert torch.equal(net(inputs), net.traits(inputs))
        assert torch.equal(net.traits(inputs), net.personality(inputs if eye is None else eye(inputs)))
        assert not [name for name, _ in net.named_parameters() if name.startswith("head")]

    def test_attributes_beside_the_score(self, eye, inputs):
        net = AttributeNetwork(eye, ScoreHead, 4, partial(TraitHead, traits=3))
        scores, attributes = net.both(inputs)
        assert torch.equal(scores, net(inputs))
        assert attributes.shape == (5, 3)
        assert torch.equal(attributes, net.attributes(inputs if eye is None else eye(inputs)))


def test_a_head_of_one_score_predicts_no_distribution():
    with pytest.raises(UserError, match=r"^head: ScoreHead predicts a score .*; choose head=distribution\.$"):
        score_network(None, ScoreHead, 4).distribution(FEATURES)
