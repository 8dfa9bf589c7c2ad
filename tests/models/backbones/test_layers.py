from __future__ import annotations

import copy
import threading

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.layers import Layers, stages_of

pytestmark = pytest.mark.slow


IMAGES = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def resnet(layer):
    torch.manual_seed(0)
    return build_backbone("resnet18", size=64, layer=layer).eval()


def by_hand(upto: int):
    """ResNet18's mean map after one of its stages, step by step."""
    net = resnet("last").network
    maps = net.maxpool(net.act1(net.bn1(net.conv1(resnet("last").normalise(IMAGES)))))
    for number in range(1, upto + 1):
        maps = net.get_submodule(f"layer{number}")(maps)
    return maps.mean(dim=(2, 3))


@pytest.mark.parametrize(("layer", "stage", "features"), [("last", 4, 512), (-1, 4, 512), (-2, 3, 256), (-4, 1, 64)])
def test_a_layer_is_the_mean_map_of_a_stage(layer, stage, features):
    made = resnet(layer)
    with torch.no_grad():
        found = made(IMAGES)
        torch.testing.assert_close(found, by_hand(stage))
    assert found.shape == (2, made.features) == (2, features)


def test_several_layers_stand_beside_each_other_in_the_order_asked_for():
    made = resnet([-3, "last"])
    with torch.no_grad():
        torch.testing.assert_close(made(IMAGES), torch.cat([by_hand(2), by_hand(4)], dim=1))
    assert made.features == 128 + 512


@pytest.mark.parametrize(
    ("name", "last", "before"),
    [
        ("nima", 1024, ("blocks.3.5", 512)),
        ("mobilenetv2", 1280, ("blocks.6.0", 320)),
        ("small_cnn", 128, ("layers.8", 64)),
        ("alexnet", 4096, ("features.11", 256)),
        ("vgg16", 4096, ("features.29", 512)),
        ("inception_v3", 2048, ("Mixed_7a", 1280)),
    ],
)
def test_the_layer_before_the_last_of_the_networks_at_hand(name, last, before):
    made = build_backbone(name, None)
    assert made.features == last
    assert stages_of(made.network, made.size)[-1] == before


@pytest.mark.parametrize("layer", [-9, 0, 3, "first", True, [-2, -9]])
def test_a_layer_that_does_not_exist_is_a_sentence_that_lists_what_there_is(layer):
    with pytest.raises(
        UserError,
        match=r"^backbone\.layer=\S+: small_cnn has no such layer; it has last, -2 \(64 of layers\.8\), -3 \(32 of",
    ):
        build_backbone("small_cnn", layer=layer)


@pytest.mark.parametrize("name", ["bn_inception", "vit_tiny_patch16_224"])
def test_a_network_whose_layers_are_not_modules_in_a_row_has_its_last_alone(name):
    with pytest.raises(UserError, match=rf"backbone\.layer=-2: {name} has no such layer; it has last alone\.$"):
        build_backbone(name, None, layer=-2)


def test_no_layer_at_all_is_a_sentence():
    with pytest.raises(UserError, match=r"^backbone\.layer=\[\]: give at least one layer; small_cnn has last, -2"):
        build_backbone("small_cnn", layer=[])


def test_looking_for_layers_moves_nothing():
    network = build_backbone("resnet18", size=64, layer=-2).network
    assert isinstance(network, Layers)
    assert network.training
    assert network.whole.bn1.num_batches_tracked == 0


def test_a_copy_takes_its_own_layers():
    made = resnet(-2)
    other = copy.deepcopy(made)
    torch.nn.init.zeros_(other.network.whole.conv1.weight)
    with torch.no_grad():
        before = resnet(-2)(IMAGES)
        torch.testing.assert_close(made(IMAGES), before)
        assert not torch.allclose(other(IMAGES), before)


def test_passes_at_the_same_time_do_not_mix():
    made = resnet([-2, -3])
    batches = [torch.full((1, 3, 64, 64), value, dtype=torch.uint8) for value in range(0, 250, 25)]
    with torch.no_grad():
        expected = [made(batch) for batch in batches]
    found: dict[int, torch.Tensor] = {}

    def look(number: int) -> None:
        with torch.no_grad():
            found[number] = made(batches[number])

    threads = [threading.Thread(target=look, args=(number,)) for number in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, values in enumerate(expected):
        torch.testing.assert_close(found[number], values)


def test_networks_of_other_layers_are_told_apart_by_their_print():
    printed = {str(build_backbone("small_cnn", layer=layer).network) for layer in ("last", -2, -3, [-2, "last"])}
    assert len(printed) == 4
