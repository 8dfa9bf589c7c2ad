from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.fusion import fused

pytestmark = pytest.mark.slow


WITHIN = 1e-4


def settled(network: nn.Module) -> nn.Module:
    """Give batch norms other statistics than those that they start with, which change nothing."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in ((module.running_mean, -0.2), (module.running_var, 0.6), (module.weight.data, 0.6)):
                tensor.copy_(low + 0.8 * torch.rand(tensor.shape, generator=generator))
    return network


@pytest.mark.parametrize("name", ["small_cnn", "resnet18", "bn_inception", "inception_v3", "densenet121", "alexnet"])
def test_fused_networks_give_the_same_features(name):
    torch.manual_seed(0)
    made = build_backbone(name, size=96)
    settled(made).eval()
    before = {key: value.clone() for key, value in made.state_dict().items()}
    images = torch.randint(0, 256, (6, 3, 96, 96), dtype=torch.uint8)
    with torch.no_grad():
        expected = made(images)
        quick = made.for_inference()
        torch.testing.assert_close(quick(images), expected, atol=WITHIN * float(expected.abs().max()), rtol=0)
    assert all(torch.equal(value, before[key]) for key, value in made.state_dict().items())


@pytest.mark.parametrize("layer", ["last", ["last", -2]])
def test_the_bundled_networks_for_inference(layer):
    made = build_backbone(["mobilenetv2", "nima"], layer=layer).eval()
    quick = made.for_inference()
    assert not [module for module in quick.modules() if isinstance(module, nn.BatchNorm2d)]
    images = torch.randint(0, 256, (5, 3, 224, 224), dtype=torch.uint8)
    with torch.no_grad():
        (expected, scores), (found, own) = made.with_score(images), quick.with_score(images)
    torch.testing.assert_close(found, expected, atol=WITHIN, rtol=0)
    torch.testing.assert_close(own, scores, atol=1e-5, rtol=0)


def test_gradients_reach_pixels_and_no_parameter():
    quick = build_backbone("nima").for_inference()
    images = quick.normalise(torch.randint(0, 256, (5, 3, 224, 224), dtype=torch.uint8)).requires_grad_()
    quick(images).sum().backward()
    assert images.grad is not None
    assert (images.grad.flatten(1) != 0).any(dim=1).all()
    assert not [name for name, parameter in quick.named_parameters() if parameter.requires_grad]


class Twice(nn.Module):
    """Batch norm and something else see the same convolution, so folding it in would change the other."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.convolution(images)
        return (self.norm(maps) + maps).mean(dim=(2, 3))


class Shared(nn.Module):
    """One convolution before two batch norms."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding=1)
        self.first, self.second = nn.BatchNorm2d(3), nn.BatchNorm2d(3)

    def forward(self, images: Tensor) -> Tensor:
        return self.second(self.convolution(self.first(self.convolution(images)))).mean(dim=(2, 3))


@pytest.mark.parametrize("kind", [Twice, Shared])
def test_what_cannot_be_fused_stays_as_it_is(kind):
    torch.manual_seed(0)
    network, images = settled(kind()).eval(), torch.randn(2, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(fused(network, 8)(images), network(images))
