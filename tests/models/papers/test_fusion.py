from __future__ import annotations

import copy
from functools import partial

import pytest
import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.papers.fusion import FUSIONS, FusedHead, fused
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead

IMAGES = torch.randint(0, 256, (6, 3, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def two_streams() -> TwoStreams:
    torch.manual_seed(0)
    body = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    eye = Backbone(body, 4, 2, (0.1, 0.2, 0.3), (0.5, 0.6, 0.7))
    return TwoStreams(eye, partial(DistributionHead, bins=3), 4, partial(TraitHead, traits=2))


def moved(net: nn.Module) -> nn.Module:
    """Weights of the fusion that are not zero."""
    with torch.no_grad():
        for parameter in net.head.fusion.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3)))
    return net


@pytest.mark.parametrize("fusion", [*FUSIONS, "none"])
def test_it_starts_as_the_generic_score(fusion):
    before = two_streams()
    assert torch.equal(fused(copy.deepcopy(before), fusion)(IMAGES), before(IMAGES))


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("generic", ["dist_mean", "sigmoid"])
def test_a_score_is_the_generic_one_plus_the_weighted_traits_by_hand(fusion, generic):
    before = two_streams()
    net = moved(fused(copy.deepcopy(before), fusion, generic))
    features, traits = before.backbone(IMAGES), before.traits(IMAGES)
    weights = net.head.weights(features)
    scores = net(IMAGES)
    own = before(IMAGES) if generic == "dist_mean" else net.head.generic(features)
    for image in range(6):
        expected = own[image] + sum(weights[image, trait] * traits[image, trait] for trait in range(2))
        assert scores[image].item() == pytest.approx(expected.item(), abs=1e-6)
    assert not torch.allclose(scores, own)


def test_constant_weights_are_one_per_trait_and_others_depend_on_the_image():
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    constant, by_image = (moved(fused(two_streams(), fusion)).head.weights(features) for fusion in FUSIONS)
    assert constant.shape == by_image.shape == (6, 2)
    assert (constant == constant[0]).all()
    assert not (by_image == by_image[0]).all()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_the_first_step_moves_the_weights(fusion):
    net = fused(two_streams(), fusion)
    net(IMAGES).sum().backward()
    assert any(p.grad is not None and p.grad.abs().max() > 0 for p in net.head.fusion.parameters())


def test_the_constant_weights_gradient_is_the_sum_of_traits():
    net = fused(two_streams())
    traits = two_streams().traits(IMAGES)
    net(IMAGES).sum().backward()
    torch.testing.assert_close(net.head.fusion.weight.grad, traits.detach().sum(dim=0))


def test_without_fusion_there_is_no_personality_branch():
    net = fused(two_streams(), "none")
    assert type(net) is ScoreNetwork
    assert not isinstance(net.head, FusedHead)
    assert not [name for name, _ in net.named_parameters() if "personality" in name or "fusion" in name]


def test_parts_are_taken_over_and_the_generic_part_is_a_choice():
    before = two_streams()
    net = fused(before)
    assert net.backbone is before.backbone
    assert net.head.generic is before.head
    assert net.head.personality is before.personality
    assert isinstance(fused(before, generic="sigmoid").head.generic, ScoreHead)
    assert isinstance(fused(before, "none", "sigmoid").head, ScoreHead)


@pytest.mark.parametrize(
    ("network", "options", "sentence"),
    [
        (ScoreNetwork(None, ScoreHead(4)), {}, r"^task\.grow: fusion needs a personality branch"),
        (two_streams(), {"fusion": "linear"}, r"^task\.grow\.fusion=linear: .*choose constant, mlp or none\.$"),
        (two_streams(), {"generic": "mean"}, r"^task\.grow\.generic=mean: choose one of dist_mean, sigmoid\.$"),
    ],
)
def test_a_mistake_is_a_sentence(network, options, sentence):
    with pytest.raises(UserError, match=sentence):
        fused(network, **options)
