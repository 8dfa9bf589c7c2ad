from __future__ import annotations

import re

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import linear

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.weights import load_weights


class Small(nn.Module):
    """Two layers and a classifier, with an auxiliary one where asked for."""

    def __init__(self, width: int = 3, classes: int = 5, depth: int = 1, aux: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(*(nn.Sequential(nn.Conv2d(2, width, 3), nn.BatchNorm2d(width)) for _ in range(depth)))
        if classes:
            self.fc = nn.Linear(width, classes)
        if aux:
            self.aux = nn.Linear(width, 2)


def published(seed: int = 7, **options) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    network = Small(**options)
    nn.init.normal_(network.body[0][1].running_mean)
    return network.state_dict()


def load(network: nn.Module, file, content) -> None:
    torch.save(content, file)
    load_weights(network, file, "small", ("fc",))


def assert_same(network: nn.Module, state: dict[str, torch.Tensor]) -> None:
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name]), name


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_of_a_file_and_the_classifier_left_out(tmp_path, suffix):
    torch.manual_seed(0)
    state = timm.create_model("resnet18", num_classes=1000).state_dict()
    file = tmp_path / f"resnet18.{suffix}"
    if suffix == "safetensors":
        save_file(state, file)
    else:
        torch.save(state, file)
    torch.manual_seed(1)
    loaded = build_backbone("resnet18", str(file), size=64).network
    assert set(state) - set(loaded.state_dict()) == {"fc.weight", "fc.bias"}
    assert_same(loaded, state)
    assert_same(build_backbone("resnet18", str(file), size=64, output="logits").network, state)


def test_alexnet_takes_its_own_file(tmp_path):
    from torchvision.models import alexnet

    file, state = tmp_path / "alexnet.safetensors", alexnet().state_dict()
    save_file(state, file)
    loaded = build_backbone("alexnet", str(file), size=64).network
    assert set(state) - set(loaded.state_dict()) == {"classifier.6.weight", "classifier.6.bias"}
    assert_same(loaded, state)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model": state, "optimizer": {"lr": 0.1}},
        lambda state: {f"module.{key}": value for key, value in state.items()},
        lambda state: {"state_dict": {f"module._orig_mod.{key}": value for key, value in state.items()}},
        lambda state: {
            key: value for key, value in state.items() if "num_batches" not in key
        },  # older than torch 0.4.1
        lambda state: {
            key: value[None] if ".1." in key else value for key, value in state.items()
        },  # Caffe's converters
    ],
    ids=["state_dict", "model", "module", "both", "old", "leading"],
)
def test_the_ways_in_which_users_store_weights(tmp_path, wrap):
    network = Small()
    load(network, tmp_path / "small.pth", wrap(published()))
    assert_same(network, published())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_becomes_single(tmp_path, dtype):
    network, state = Small(), {key: value.to(dtype) for key, value in published().items()}
    load(network, tmp_path / "small.pth", state)
    assert network.fc.weight.dtype == torch.float32
    assert torch.equal(network.fc.weight, state["fc.weight"].float())


def test_an_auxiliary_classifier_is_left_out(tmp_path):
    network = Small()
    load(network, tmp_path / "small.pth", published(aux=True))
    assert_same(network, published(aux=True))


def test_a_classifier_of_another_size_does_not_matter_where_none_is_wanted(tmp_path):
    network = Small(classes=0)
    load(network, tmp_path / "small.pth", published(classes=9))
    assert_same(network, published(classes=9))


@pytest.mark.parametrize(
    ("classes", "fault"), [(0, r"lacks fc\.weight"), (9, r"has another shape for fc\.weight \(9x3 instead of 5x3\)")]
)
def test_logits_need_the_networks_own_classifier(tmp_path, classes, fault):
    with pytest.raises(
        UserError, match=rf"small: the file {fault}; give one with .*classifier, or backbone\.output=pooled\.$"
    ):
        load(Small(), tmp_path / "small.pth", published(classes=classes))


@pytest.mark.parametrize(
    ("other", "fault"),
    [
        ({"width": 4}, r"has another shape for body\.0\.0\.weight \(4x2x3x3 instead of 3x2x3x3\)"),
        ({"depth": 2}, r"has body\.1\.0\.weight, which the network lacks"),
        ({"depth": 2, "classes": 9}, r"has body\.1\.0\.weight, which the network lacks"),
    ],
)
def test_weights_of_another_network_are_a_sentence_and_change_nothing(tmp_path, other, fault):
    network, file = Small(), tmp_path / "other.pth"
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(
        UserError, match=rf"^backbone\.weights={re.escape(str(file))}: not weights of small: the file {fault}\.$"
    ):
        load(network, file, published(**other))
    assert_same(network, before)


@pytest.mark.parametrize(("name", "other"), [("resnet34", "resnet18"), ("resnet18", "resnet34")])
def test_a_network_is_told_from_its_larger_and_smaller_relatives(tmp_path, name, other):
    with torch.device("meta"):
        state = timm.create_model(other, num_classes=0).state_dict()
    save_file({key: torch.zeros(value.shape) for key, value in state.items()}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match=rf"not weights of {name}: the file (lacks|has) layer1\.2"):
        build_backbone(name, str(tmp_path / "other.safetensors"), size=64)


def test_fully_connected_layers_become_the_convolutions_that_timms_vgg_has(tmp_path):
    class Vgg(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 4, 3))
            self.pre_logits = nn.ModuleDict({"fc1": nn.Conv2d(4, 5, 7), "fc2": nn.Conv2d(5, 5, 1)})

    network, maps = Vgg(), torch.randn(2, 4, 7, 7)
    state = {f"features.0.{key}": value for key, value in nn.Conv2d(3, 4, 3).state_dict().items()}
    for number, (out, channels) in {0: (5, 4 * 49), 3: (5, 5), 6: (9, 5)}.items():
        state |= {f"classifier.{number}.{key}": v for key, v in nn.Linear(channels, out).state_dict().items()}
    torch.save(state, tmp_path / "vgg.pth")
    load_weights(network, tmp_path / "vgg.pth", "vgg", ("head.fc",))
    first = linear(maps.flatten(1), state["classifier.0.weight"], state["classifier.0.bias"])
    second = linear(first, state["classifier.3.weight"], state["classifier.3.bias"])
    torch.testing.assert_close(network.pre_logits.fc1(maps).flatten(1), first)
    torch.testing.assert_close(network.pre_logits.fc2(network.pre_logits.fc1(maps)).flatten(1), second)


def test_torchvisions_first_densenet_spelling(tmp_path):
    state = timm.create_model("densenet121").state_dict()
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", key): value for key, value in state.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    torch.save(old, tmp_path / "densenet.pth")
    assert_same(build_backbone("densenet121", str(tmp_path / "densenet.pth"), size=64).network, state)


@pytest.mark.parametrize("name", ["resnet18", "alexnet", "bn_inception"])
def test_a_missing_file_is_a_sentence(tmp_path, name):
    with pytest.raises(UserError, match=rf"no such file; give the path of {name}'s"):
        build_backbone(name, str(tmp_path / "none.safetensors"), size=64)


def test_a_directory_is_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"a directory; give the path of small's \.safetensors or \.pth file"):
        load_weights(Small(), tmp_path, "small", ())


@pytest.mark.parametrize(
    "content", [[1, 2], {"epoch": 3}, torch.zeros(3), {}], ids=["list", "no tensors", "tensor", "empty"]
)
def test_a_file_without_a_state_dict_is_a_sentence(tmp_path, content):
    with pytest.raises(UserError, match=r"other\.pth: holds no state dict; give one of small\.$"):
        load(Small(), tmp_path / "other.pth", content)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
@pytest.mark.parametrize(
    "damage", [lambda whole: b"not weights", lambda whole: whole[: len(whole) // 2], lambda whole: b""]
)
def test_a_damaged_file_is_a_sentence(tmp_path, suffix, damage):
    file = tmp_path / f"damaged.{suffix}"
    save_file(published(), file) if suffix == "safetensors" else torch.save(published(), file)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(UserError, match=r"cannot be read as weights \(\w+\); give a state dict"):
        load_weights(Small(), file, "small", ())


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    torch.save({"body.0.0.weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(UserError, match="cannot be read as weights"):
        load_weights(Small(), tmp_path / "trap.pth", "small", ())
    assert not (tmp_path / "sprung").exists()
