from __future__ import annotations

import pytest
import torch
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.meta.groups import moving_groups
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.small_cnn import SmallCNN
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.lora import LowRank, Updated, low_rank
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.residual_adapter import adapted

GROW = {"lora": lambda network: low_rank(network, 2), "adapter": lambda network: adapted(network, 3)}


def network(size=16) -> ScoreNetwork:
    torch.manual_seed(0)
    body = SmallCNN(width=4, features=8, size=size)
    return ScoreNetwork(Backbone(body, 8, size, (0.5,) * 3, (0.25,) * 3), ScoreHead(8, hidden=[6])).eval()


def images():
    return torch.randint(0, 256, (5, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("grow", GROW.values(), ids=GROW)
def test_it_scores_as_before_and_moves_apart_with_a_step(grow):
    expected = network()(images()).detach()
    grown = grow(network()).eval()
    assert grown(images()).detach() == pytest.approx(expected, abs=1e-6)
    named = dict(grown.named_parameters())
    groups = moving_groups(grown, {"backbone": 1.0, "head": 1.0}, "added")
    moving = [named[name] for group in groups for name in group.names]
    gradients = torch.autograd.grad(grown(images()).sum(), moving)
    assert any(gradient.abs().max() > 0 for gradient in gradients)
    with torch.no_grad():
        for parameter, gradient in zip(moving, gradients, strict=True):
            parameter += gradient
    assert (grown(images()) - expected).abs().max() > 1e-6


@pytest.mark.parametrize("grow", GROW.values(), ids=GROW)
def test_what_was_trained_does_not_move(grow):
    plain = network()
    before = {id(parameter) for parameter in plain.parameters()}
    grown = grow(plain)
    named = dict(grown.named_parameters())
    moving = [name for group in moving_groups(grown, {"backbone": 1.0, "head": 1.0}, "added") for name in group.names]
    assert {id(named[name]) for name in moving} == {id(p) for p in grown.parameters()} - before


@pytest.mark.parametrize("grow", GROW.values(), ids=GROW)
def test_the_head_still_scores_what_is_embedded(grow):
    grown = grow(network()).eval()
    assert torch.equal(grown(images()), grown.head(grown.embed(images())))


def test_a_linear_layers_update_is_the_product_of_two_matrices():
    base = nn.Linear(6, 5)
    updated = Updated(base, LowRank(base, 2))
    nn.init.normal_(updated.update.up.weight)
    inputs = torch.randn(3, 6)
    product = updated.update.up.weight @ updated.update.down.weight
    expected = inputs @ (base.weight + product).T + base.bias
    assert updated(inputs).detach() == pytest.approx(expected.detach(), abs=1e-6)
    assert torch.linalg.matrix_rank(product) == 2


def test_a_convolutions_update_is_a_convolution_of_low_rank():
    base = nn.Conv2d(3, 7, 3, stride=2, padding=1, bias=False)
    updated = Updated(base, LowRank(base, 2))
    nn.init.normal_(updated.update.up.weight)
    product = torch.einsum("or,rikl->oikl", updated.update.up.weight[:, :, 0, 0], updated.update.down.weight)
    maps = torch.randn(2, 3, 9, 9)
    expected = nn.functional.conv2d(maps, base.weight + product, stride=2, padding=1)
    assert updated(maps).detach() == pytest.approx(expected.detach(), abs=1e-5)


def test_the_rank_is_at_most_the_layers_own():
    assert LowRank(nn.Linear(6, 1), 4).up.weight.shape == (1, 1)


def test_depthwise_convolutions_stay_as_they_are():
    assert isinstance(low_rank(nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Linear(2, 2)))[0], nn.Conv2d)


def test_mistakes_are_sentences():
    with pytest.raises(UserError, match=r"task\.grow\.rank=0"):
        low_rank(network(), 0)
    with pytest.raises(UserError, match="no linear layer or convolution"):
        low_rank(nn.ReLU())
    with pytest.raises(UserError, match="no linear layer to put an adapter before"):
        adapted(ScoreNetwork(None, nn.Flatten(0)))
