from __future__ import annotations

import copy

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.local_global import LocalGlobal

IMAGES = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def network(**options) -> LocalGlobal:
    torch.manual_seed(0)
    backbone = build_backbone("small_cnn", width=2, features=6)
    return LocalGlobal(backbone, ScoreHead, 6, local=5, whole=7, **options).eval()


def test_the_connected_layer_holds_both_early_maps_and_the_features():
    net = network()
    assert net.taken == ("network.layers.2", "network.layers.5")  # 16 and 8 pixels wide; the last is 4
    layers = net.backbone.network.layers
    first = layers[:3](net.prepare(IMAGES))
    second = layers[3:6](first)
    parts = [
        net.local[0](first.mean(dim=(2, 3))),
        net.local[1](second.mean(dim=(2, 3))),
        net.whole(net.backbone(IMAGES)),
    ]
    assert torch.allclose(net.embed(IMAGES), torch.cat(parts, dim=1).relu(), atol=1e-6)
    assert torch.equal(net(IMAGES), net.head(net.embed(IMAGES)))


def test_local_and_global_layers_learn_and_early_maps_are_reached_by_the_local_ones():
    net = network(stages=1)
    assert net.taken == ("network.layers.5",)
    net(IMAGES).sum().backward()
    assert all((layer.weight.grad != 0).any() for layer in (*net.local, net.whole))
    net.zero_grad()
    torch.nn.init.zeros_(net.whole.weight)
    net(IMAGES).sum().backward()
    assert (net.backbone.network.layers[3].weight.grad != 0).any()
    assert (net.backbone.network.layers[6].weight.grad == 0).all()


def test_a_copy_looks_at_its_own_backbone():
    net = network()
    other = copy.deepcopy(net)
    torch.nn.init.zeros_(other.backbone.network.layers[0].weight)
    assert torch.equal(network()(IMAGES), net(IMAGES))
    assert not torch.equal(other(IMAGES), net(IMAGES))
    assert not [module for module in net.modules() if module._forward_hooks]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "resnet18"])
def test_other_backbones_have_local_features_too(name):
    backbone = build_backbone(name, size=64)
    net = LocalGlobal(backbone, ScoreHead, backbone.features).eval()
    with torch.no_grad():
        assert net.embed(IMAGES[:2]).shape == (2, 2 * 256 + 512)


def test_what_cannot_be_is_a_sentence():
    with pytest.raises(UserError, match=r"^task\.network\.stages=3: .* have 3 resolutions; take at most 2,"):
        network(stages=3)
    with pytest.raises(UserError, match=r"^backbone\.frozen=true: a network of local and global features looks at"):
        LocalGlobal(None, ScoreHead, 6)
