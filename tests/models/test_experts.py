"""Heads that a gate blends, and the ranking network that stands on them."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.models.experts import Experts
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.kong_network import KongNetwork
from piaa_lightning.models.trait_head import TraitHead

FEATURES = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
TRAITS = partial(TraitHead, traits=3)


@pytest.fixture
def experts() -> Experts:
    torch.manual_seed(0)
    return Experts(4, ScoreHead, 5)


class TestExperts:
    def test_the_gate_sums_to_one(self, experts):
        shares = experts.shares(10 * FEATURES)
        assert shares.shape == (6, 5)
        assert (shares >= 0).all()
        assert shares.sum(dim=1).tolist() == pytest.approx([1.0] * 6)

    def test_the_score_is_the_slow_blend(self, experts):
        shares = experts.shares(FEATURES)
        for row in range(6):
            each = [expert(FEATURES[row : row + 1]).item() for expert in experts.experts]
            expected = sum(share * score for share, score in zip(shares[row].tolist(), each, strict=True))
            assert experts(FEATURES)[row].item() == pytest.approx(expected, abs=1e-6)

    def test_a_sure_gate_leaves_one_expert(self, experts):
        torch.nn.init.zeros_(experts.gate.weight)
        experts.gate.bias.data = torch.tensor([0.0, 0, 200, 0, 0])
        assert torch.allclose(experts(FEATURES), experts.experts[2](FEATURES))


class TestKong:
    def test_the_head_sees_features_and_attributes(self):
        torch.manual_seed(0)
        network = KongNetwork(None, ScoreHead, 4, TRAITS, experts=2)
        scores, attributes = network.both(FEATURES)
        assert torch.equal(attributes, network.attributes(FEATURES))
        assert torch.equal(scores, network.head(torch.cat([FEATURES, attributes], dim=1)))
        assert torch.equal(scores, network(FEATURES))
        again, shares = network.with_shares(FEATURES)
        assert torch.equal(again, scores)
        assert shares.shape == (6, 2)

    def test_unfused_attributes_do_not_reach_the_score(self):
        network = KongNetwork(None, ScoreHead, 4, TRAITS, fused=False)
        network(FEATURES).sum().backward()
        assert all(parameter.grad is None for parameter in network.attributes.parameters())
        assert torch.equal(network.both(FEATURES)[0], network.head(FEATURES))

    def test_each_part_can_be_left_out(self):
        network = KongNetwork(None, ScoreHead, 4)
        assert torch.equal(network(FEATURES), network.head(FEATURES))
        with pytest.raises(UserError, match=r"^task\.network\.attributes: this network has none"):
            network.both(FEATURES)
        with pytest.raises(UserError, match=r"^task\.network\.experts=0: there is no gate"):
            network.with_shares(FEATURES)
