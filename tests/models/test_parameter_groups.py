from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import score_network
from piaa_lightning.models.papers.attribute_network import AttributeNetwork
from piaa_lightning.models.papers.fusion import fused
from piaa_lightning.models.papers.trait_network import TraitNetwork
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.parameter_groups import names_by_group, optimizer_groups
from piaa_lightning.models.trait_head import TraitHead

VOTES = partial(DistributionHead, bins=3, hidden=[4], norm=True)
TRAITS = partial(TraitHead, traits=2, hidden=[4], norm_output=True)


def eye(frozen: bool):
    return None if frozen else build_backbone("small_cnn", size=16, width=2, features=6)


def two_streams(frozen: bool) -> TwoStreams:
    return TwoStreams(eye(frozen), VOTES, 6, TRAITS)


NETWORKS = {
    "score": lambda frozen: score_network(eye(frozen), partial(ScoreHead, hidden=[4]), 6),
    "votes": lambda frozen: score_network(eye(frozen), VOTES, 6),
    "traits": lambda frozen: TraitNetwork(eye(frozen), VOTES, 6, TRAITS),
    "attributes": lambda frozen: AttributeNetwork(eye(frozen), ScoreHead, 6, TRAITS),
    "two sources": two_streams,
    "constant": lambda frozen: fused(two_streams(frozen), "constant"),
    "mlp": lambda frozen: fused(two_streams(frozen), "mlp", "sigmoid"),
    "none": lambda frozen: fused(two_streams(frozen), "none"),
}
RATES = {"backbone": 1e-5, "head": 1e-3, "personality": 1e-3, "attributes": 1e-3, "head.fusion": 1e-2}


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_of_every_network_is_in_exactly_one_group(name, frozen):
    network = NETWORKS[name](frozen)
    names = [path for path, _ in network.named_parameters()]
    groups = names_by_group(names, RATES)
    assert sorted(path for members in groups.values() for path in members) == sorted(names)
    assert ("backbone" in groups) is not frozen


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_learns_at_the_rate_of_its_part(name):
    network = NETWORKS[name](False)
    optimizer = torch.optim.SGD(optimizer_groups(network, RATES), lr=7.0)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    for path, parameter in network.named_parameters():
        part = "head.fusion" if path.startswith("head.fusion.") else path.split(".")[0]
        assert rates[id(parameter)] == RATES[part], path


def test_the_longest_name_takes_it():
    names = [path for path, _ in NETWORKS["constant"](False).named_parameters()]
    rates = {"backbone": 1, "head": 1, "head.generic": 1, "head.generic.layers.0": 1}
    found = names_by_group(names, rates)
    assert list(found) == list(rates)
    assert found["head.generic.layers.0"] == ["head.generic.layers.0.weight", "head.generic.layers.0.bias"]
    assert all(path.startswith("head.generic.") for path in found["head.generic"])
    assert {path.split(".")[1] for path in found["head"]} == {"personality", "fusion"}
    assert {path.split(".")[0] for path in found["backbone"]} == {"backbone"}


def test_a_name_is_a_whole_name():
    # `head` must not take `heads`
    network = nn.ModuleDict({"head": nn.Linear(1, 1), "heads": nn.Linear(1, 1)})
    with pytest.raises(
        UserError, match=r"^task\.module\.lr_by_part: no rate covers heads\.weight, which moves; add one for h"
    ):
        optimizer_groups(network, {"head": 1})


def test_the_personality_branch_is_not_forgotten():
    # as the authors' code forgets it
    with pytest.raises(UserError, match=r"no rate covers personality\.\S+, which moves; add one for personality to b"):
        optimizer_groups(two_streams(False), {"backbone": 1, "head": 1})


def test_what_does_not_move_is_in_no_group():
    network = NETWORKS["score"](False)
    for parameter in network.backbone.parameters():
        parameter.requires_grad_(False)
    (group,) = optimizer_groups(network, {"head": 1})
    assert len(group["params"]) == len(list(network.head.parameters()))


def test_the_rest_is_whatever_no_other_name_covers():
    names = ["backbone.a", "head.b", "personality.c"]
    assert names_by_group(names, {"rest": 1e-3, "backbone": 1e-4}) == {"rest": names[1:], "backbone": names[:1]}
    assert names_by_group(names[:1], {"backbone": 1e-4, "rest": 1e-3}) == {"backbone": names[:1]}
