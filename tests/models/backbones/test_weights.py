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
from piaa_lightning.models.backbones.spellings import Spellings
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_alexnet_takes_its_own_file(tmp_path):
    from torchvision.models import alexnet

    file, state = tmp_path / "alexnet.safetensors", alexnet().state_dict()
    save_file(state, file)
    loaded = build_backbone("alexnet", str(file), size=64).network
    assert set(state) - set(loaded.state_dict()) == {"classifier.6.weight", "classifier.6.bias"}
    assert_same(loaded, state)


def prefixed(prefix: str):
    return lambda state: {f"{prefix}{key}": value for key, value in state.items()}


def of_another_step(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value + 1 for key, value in state.items()}


WAYS = {
    "plain": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 3},
    "model": lambda state: {"model": state, "optimizer": {"lr": 0.1}},
    "model_state_dict": lambda state: {"epoch": 1, "model_state_dict": state, "loss": 0.1},
    "params": lambda state: {"params": state},
    "nested twice": lambda state: {"model": {"state_dict": state}, "args": [1, 2]},
    "module": prefixed("module."),
    "_orig_mod": prefixed("_orig_mod."),
    "model prefix": prefixed("model."),
    "any prefix": prefixed("encoder.body_of_it."),
    "prefixes in state_dict": lambda state: {"state_dict": prefixed("module._orig_mod.")(state)},
    "compiled part": lambda state: {key.replace("body.0.", "body.0._orig_mod."): v for key, v in state.items()},
    "averaged first": lambda state: {"state_dict": of_another_step(state), "state_dict_ema": state},
    "averaged model": lambda state: {"model": of_another_step(state), "model_ema": prefixed("module.")(state)},
    "no average yet": lambda state: {"state_dict": state, "state_dict_ema": None, "model_ema": {}},
    "lightning": lambda state: {
        "state_dict": {**prefixed("network.backbone.network.")(state), "network.head.weight": torch.zeros(3)},
        "pytorch-lightning_version": "2.6.0",
        "hyper_parameters": {"lr": 0.1},
    },
    "beside a head": lambda state: {
        **prefixed("backbone.")(state),
        "head.fc.weight": torch.zeros(2),
        "scale": torch.ones(()),
    },
    # older than torch 0.4.1
    "old": lambda state: {key: value for key, value in state.items() if "num_batches" not in key},
    # Caffe's converters
    "leading": lambda state: {key: value[None] if ".1." in key else value for key, value in state.items()},
    "double": lambda state: {
        key: value.double() if value.is_floating_point() else value for key, value in state.items()
    },
    "numbers beside": lambda state: {**state, "epoch": 3, "name": "small"},
    "parameters": lambda state: {
        key: nn.Parameter(value) if value.is_floating_point() else value for key, value in state.items()
    },
    "sparse": lambda state: {key: value.to_sparse() if key == "fc.weight" else value for key, value in state.items()},
    "not contiguous": lambda state: {
        key: value.t().contiguous().t() if value.dim() == 2 else value for key, value in state.items()
    },
}


@pytest.mark.parametrize("wrap", WAYS.values(), ids=WAYS)
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


@pytest.mark.parametrize("name", ["small.pth", "small.bin", "small.pt", "small", "small.safetensors"])
@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_what_a_file_is_its_content_says_and_not_its_name(tmp_path, name, kind):
    network, file = Small(), tmp_path / name
    if kind == "safetensors":
        save_file(published(), file)
    else:
        torch.save(published(), file, _use_new_zipfile_serialization=kind == "zip")
    load_weights(network, file, "small", ("fc",))
    assert_same(network, published())


def edited(**changes):
    def edit(state):
        return {
            **state,
            **{key.replace("__", "."): change(state[key.replace("__", ".")]) for key, change in changes.items()},
        }

    return edit


NOT_WEIGHTS = {
    "nan": (edited(fc__weight=lambda v: v * float("nan")), r"has NaN or infinite numbers in fc\.weight"),
    "one nan": (edited(fc__bias=lambda v: torch.cat([v[1:], v.new_tensor([float("nan")])])), r"has NaN .* fc\.bias"),
    "infinite": (edited(body__0__0__weight=lambda v: v / 0), r"has NaN or infinite numbers in body\.0\.0\.weight"),
    "too large": (edited(fc__bias=lambda v: v.double() + 1e300), r"has NaN or infinite numbers in fc\.bias"),
    "variance": (
        edited(body__0__1__running_var=lambda v: -v),
        r"has a negative variance in body\.0\.1\.running_var",
    ),
    "whole numbers": (edited(fc__weight=lambda v: (v * 9).char()), r"has int8 for fc\.weight, which takes floating"),
    "complex": (edited(fc__weight=lambda v: v.to(torch.complex64)), r"has complex64 for fc\.weight"),
    "quantised": (
        edited(body__0__0__weight=lambda v: torch.quantize_per_tensor(v, 0.1, 0, torch.qint8)),
        r"has qint8 for body\.0\.0\.weight",
    ),
    "meta": (edited(fc__bias=lambda v: v.to("meta")), r"has the shape of fc\.bias and no numbers"),
    "missing": (
        lambda state: {key: value for key, value in state.items() if key != "body.0.1.running_mean"},
        r"lacks body\.0\.1\.running_mean",
    ),
    "missing below a prefix": (
        lambda state: prefixed("model.")({key: v for key, v in state.items() if key != "body.0.0.bias"}),
        r"lacks body\.0\.0\.bias",
    ),
    "one more": (lambda state: {**state, "body.0.2.weight": torch.zeros(3)}, r"has body\.0\.2\.weight, which the"),
    "turned": (
        edited(body__0__0__weight=lambda v: v.transpose(0, 1)),
        r"has another shape for body\.0\.0\.weight \(2x3x3x3 instead of 3x2x3x3\)",
    ),
    "a number": (
        edited(body__0__0__bias=lambda v: v[0]),
        r"has another shape for body\.0\.0\.bias \(one number instead",
    ),
}


@pytest.mark.filterwarnings("ignore")  # torch's quantised tensors are deprecated; their files are not gone
@pytest.mark.parametrize(("spoil", "fault"), NOT_WEIGHTS.values(), ids=NOT_WEIGHTS)
def test_what_would_load_in_part_or_as_no_numbers_is_a_sentence_and_changes_nothing(tmp_path, spoil, fault):
    network, file = Small(), tmp_path / "other.pth"
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(
        UserError, match=rf"^backbone\.weights={re.escape(str(file))}: not weights of small: the file {fault}"
    ):
        load(network, file, spoil(published()))
    assert_same(network, before)


def test_two_networks_in_one_file_are_a_sentence(tmp_path):
    two = {**prefixed("student.")(published()), **prefixed("teacher.")(published(8))}
    with pytest.raises(UserError, match=r"holds several networks \(student\., teacher\.\); store one of them"):
        load(Small(), tmp_path / "two.pth", two)


def test_names_that_agree_by_chance_are_no_second_network(tmp_path):
    other = {f"block{number}.fc.weight": torch.zeros(3) for number in range(3)}
    with pytest.raises(UserError, match=r"not weights of small: the file lacks body"):
        load(Small(), tmp_path / "other.pth", other)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes it"),
        (b"GGUF\x03\x00\x00\x00", "a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a pointer of Git LFS"),
        (b"<!DOCTYPE html><html>", "a web page"),
    ],
)
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_files_of_another_kind_are_named(tmp_path, start, kind, suffix):
    file = tmp_path / f"other.{suffix}"
    file.write_bytes(start + b"\0" * 99)
    with pytest.raises(UserError, match=rf"cannot be read as weights \({kind}.*\); give a state dict as"):
        load_weights(Small(), file, "small", ())


def test_efficientnet_pytorchs_names_and_a_block_too_many(tmp_path):
    state = timm.create_model("tf_efficientnet_lite0").state_dict()
    foreign = {other: state[own] for other, own in Spellings(state).foreign.items()}
    assert len(foreign) == len(state)
    assert {"_conv_stem.weight", "_blocks.15._project_conv.weight", "_bn1.bias", "_fc.bias"} <= set(foreign)
    torch.save(prefixed("module.")(foreign), tmp_path / "other.pth")
    assert_same(build_backbone("tf_efficientnet_lite0", str(tmp_path / "other.pth"), size=64).network, state)
    torch.save({**foreign, "_blocks.16._bn1.weight": torch.zeros(3)}, tmp_path / "longer.pth")
    with pytest.raises(UserError, match=r"has blocks\.16\._bn1\.weight, which the network lacks"):
        build_backbone("tf_efficientnet_lite0", str(tmp_path / "longer.pth"), size=64)


@pytest.mark.parametrize("classes", [10, 1000])
def test_a_classifier_of_any_length_does_not_matter_to_pooled_features(tmp_path, classes):
    state = {k: v.half() for k, v in timm.create_model("mobilenetv2_100", num_classes=classes).state_dict().items()}
    torch.save({"state_dict_ema": prefixed("module.")(state)}, tmp_path / "weights.bin")
    made = build_backbone("mobilenetv2", str(tmp_path / "weights.bin"), size=64)
    assert torch.equal(made.network.conv_head.weight, state["conv_head.weight"].float())


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


@pytest.mark.slow
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


@pytest.mark.slow
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
