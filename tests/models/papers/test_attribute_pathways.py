from __future__ import annotations

import colorsys

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.attribute_pathways import AttributePathways
from piaa_lightning.models.papers.hue_saturation_value import hue_saturation_value

IMAGES = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def network(size: int = 64) -> AttributePathways:
    torch.manual_seed(0)
    return AttributePathways(build_backbone("small_cnn", size=size, width=2), ScoreHead, 128, styles=3, width=2).eval()


def alone(grouped: nn.Sequential, path: int, images: torch.Tensor) -> torch.Tensor:
    """One pathway run by itself, with its part of the grouped weights."""
    own = slice(2 * path, 2 * path + 2)
    maps = images
    for layer in range(0, len(grouped), 3):
        convolution = grouped[layer]
        maps = nn.functional.conv2d(maps, convolution.weight[own], None, convolution.stride, convolution.padding)
        norm = grouped[layer + 1]
        rest = (norm.weight[own], norm.bias[own])
        maps = nn.functional.batch_norm(maps, norm.running_mean[own], norm.running_var[own], *rest).relu()
    return maps.flatten(1)


def test_pathways_in_groups_are_pathways_by_themselves():
    net = network()
    seen = IMAGES / 255
    paths = [alone(net.of_styles, path, 2 * seen - 1) for path in range(3)]
    channels = 2 * hue_saturation_value(seen) - 1
    paths += [alone(net.of_colours, path, channels[:, path : path + 1]) for path in range(3)]
    assert torch.allclose(net.embed(IMAGES), torch.cat(paths, dim=1), atol=1e-5)
    scores, styles = net.both(IMAGES)
    assert torch.equal(scores, net(IMAGES))
    for path in range(3):
        expected = (paths[path] @ net.own.weight[path, :, 0] + net.own.bias[path]).tanh()
        assert torch.allclose(styles[:, path], expected, atol=1e-5)


def test_a_style_teaches_its_pathway_alone_and_the_score_teaches_all():
    net = network()
    net.both(IMAGES)[1][:, 1].sum().backward()
    moved = [(net.of_styles[0].weight.grad[2 * path : 2 * path + 2] != 0).any().item() for path in range(3)]
    assert moved == [False, True, False]
    assert net.of_colours[0].weight.grad is None
    net.zero_grad()
    net(IMAGES).sum().backward()
    for paths in (net.of_styles, net.of_colours):
        assert all((paths[0].weight.grad[2 * path : 2 * path + 2] != 0).any() for path in range(3))


def test_pathways_in_groups_cost_what_they_cost_by_themselves():
    def cost(run) -> int:
        with FlopCounterMode(display=False) as counter:
            run()  # forward alone: the counter overestimates what the weights of groups cost backward
        return counter.get_total_flops()

    paths = network().of_styles
    by_themselves = sum(cost(lambda path=path: alone(paths, path, IMAGES / 255)) for path in range(3))
    assert cost(lambda: paths(IMAGES / 255)) == by_themselves


@pytest.mark.parametrize("size", [16, 64, 96])
def test_every_size_of_image_fits(size):
    images = torch.zeros((2, 3, size, size), dtype=torch.uint8)
    assert network(size)(images).shape == (2,)


def test_frozen_features_are_a_sentence():
    with pytest.raises(UserError, match=r"^backbone\.frozen=true: a network of pathways looks at images"):
        AttributePathways(None, ScoreHead, 6)


def test_hue_saturation_and_value_are_pythons():
    pixels = torch.rand(40, 3, generator=torch.Generator().manual_seed(0))
    pixels[:6] = torch.tensor([[0.0, 0, 0], [1, 1, 1], [0.4, 0.4, 0.4], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    found = hue_saturation_value(pixels[:, :, None, None]).flatten(1)
    expected = torch.tensor([colorsys.rgb_to_hsv(*pixel) for pixel in pixels.tolist()])
    assert torch.allclose(found, expected, atol=1e-6)
