from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.meta.groups import LAYERS, last_stage, moving_groups
from piaa_lightning.meta.meta_sgd import LearnedRates
from piaa_lightning.models.backbones.factory import build_backbone

RATES = {"backbone": 1e-4, "head": 1e-3}


class Assisted(nn.Module):
    """Four submodules, as PA_IAA has them."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 4))
        self.head = nn.Linear(4, 1)
        self.personality = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 5))
        self.fusion = nn.Linear(4, 5)


def named(groups):
    return {name: group.rate for group in groups for name in group.names}


@pytest.mark.parametrize("layers", [layers for layers in LAYERS if layers != "added"])
def test_the_groups_partition_what_moves(nets, layers):
    network = nets.Network()
    names = [name for group in moving_groups(network, RATES, layers) for name in group.names]
    assert len(names) == len(set(names))
    expected = {
        "all": {name for name, _ in network.named_parameters()},
        "last_stage": {name for name, _ in network.named_parameters() if name.startswith(("head", "backbone.layers.0"))}
        | {"backbone.layers.1.weight", "backbone.layers.1.bias"},
        "head": {name for name, _ in network.named_parameters() if name.startswith("head")},
        "norm": {"backbone.layers.1.weight", "backbone.layers.1.bias"},
        "bias": {name for name, _ in network.named_parameters() if name.endswith(".bias")},
    }
    assert set(names) == expected[layers]


def test_nothing_was_added_to_a_plain_network(nets):
    with pytest.raises(UserError, match="layers=added: nothing of this network would move"):
        moving_groups(nets.Network(), RATES, "added")


@given(
    st.dictionaries(
        st.sampled_from(["personality", "personality.0", "fusion", "backbone.1", "nothing"]), st.floats(0, 1)
    )
)
def test_every_parameter_is_in_the_group_of_its_longest_name(extra):
    network = Assisted()
    rates = {"backbone": 0.1, "head": 0.2, "personality": 0.3, "fusion": 0.4} | extra
    groups = moving_groups(network, rates)
    names = [name for group in groups for name in group.names]
    assert sorted(names) == sorted(name for name, _ in network.named_parameters())
    for name, rate in named(groups).items():
        covering = [key for key in rates if f"{name}.".startswith(f"{key}.")]
        assert rate == rates[max(covering, key=len)]


def test_a_part_of_a_name_covers_nothing():
    with pytest.raises(UserError, match=r"no rate covers personality\.0\.weight, which moves; add one for personality"):
        moving_groups(Assisted(), {"backbone": 1, "head": 1, "user": 1, "fusion": 1})


def test_a_parameter_without_a_rate_is_refused_only_if_it_moves():
    with pytest.raises(UserError, match="no rate covers personality"):
        moving_groups(Assisted(), RATES)
    assert set(named(moving_groups(Assisted(), RATES, "head"))) == {"head.weight", "head.bias"}


def test_names_that_a_network_lacks_are_passed_over():
    network = Assisted()
    network.backbone = None
    rates = {"backbone": 1, "head": 1, "personality": 1, "fusion": 1}
    assert {group.names[0].split(".")[0] for group in moving_groups(network, rates)} == {
        "head",
        "personality",
        "fusion",
    }


def test_frozen_parameters_and_learnt_rates_do_not_move(nets):
    network = nets.Network()
    network.backbone.requires_grad_(False)
    network.inner_rates = LearnedRates(network, ["head.0.weight"], [0.1])
    assert all(name.startswith("head") for name in named(moving_groups(network, RATES)))


def test_nothing_that_moves_is_refused(nets):
    network = nets.Network()
    network.head.requires_grad_(False)
    with pytest.raises(UserError, match="layers=head: nothing of this network would move"):
        moving_groups(network, RATES, "head")
    network.backbone = None
    with pytest.raises(UserError, match="layers=last_stage: this network has no backbone"):
        moving_groups(network, RATES, "last_stage")
    with pytest.raises(UserError, match="layers=top: there is no such choice"):
        moving_groups(network, RATES, "top")


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("small_cnn", "layers.10"),
        ("resnet18", "layer4"),
        ("inception_v3", "Mixed_7c"),
        ("alexnet", "classifier"),
        ("mobilenetv2_100", "conv_head"),
    ],
)
def test_the_last_stage_of_the_networks_at_hand(name, stage):
    with torch.device("meta"):
        backbone = build_backbone(name, None, 96 if name != "small_cnn" else 64)
    first = last_stage(backbone)[0]
    assert first is backbone.network.get_submodule(stage)
