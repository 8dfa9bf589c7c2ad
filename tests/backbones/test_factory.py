from __future__ import annotations

import re

import pytest
import timm
import torch
from safetensors.torch import save_file

from piaa_lightning.backbones.factory import IMAGENET_MEAN, build_backbone
from piaa_lightning.errors import UserError


@pytest.mark.parametrize(
    ("name", "size", "features", "options"),
    [
        ("small_cnn", 32, 24, {"width": 4, "features": 24}),
        ("alexnet", 64, 4096, {}),
        ("resnet18", 64, 512, {}),
        ("mobilenetv3_small_050", 64, 1024, {}),  # reports 288 and returns 1024
    ],
)
def test_features_have_the_length_that_is_promised(name, size, features, options):
    backbone = build_backbone(name, size=size, **options).eval()
    with torch.no_grad():
        out = backbone(torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8))
    assert out.shape == (2, backbone.features) == (2, features)
    assert backbone.size == size
    assert out.isfinite().all()


@pytest.mark.parametrize(("name", "size"), [("small_cnn", 64), ("resnet18", 224)])
def test_the_networks_own_size_by_default(name, size):
    assert build_backbone(name).size == size


def test_probing_the_feature_length_moves_no_running_statistics():
    network = build_backbone("resnet18", size=64).network
    assert network.bn1.num_batches_tracked == 0
    assert not network.bn1.running_mean.any()
    assert network.training


def test_imagenet_statistics_where_the_weights_come_from_imagenet():
    backbone = build_backbone("resnet18", size=64)
    assert backbone.mean.flatten().tolist() == pytest.approx(IMAGENET_MEAN)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_of_a_file_and_the_classifier_left_out(tmp_path, suffix):
    torch.manual_seed(0)
    published = timm.create_model("resnet18", num_classes=1000)
    file = tmp_path / f"resnet18.{suffix}"
    if suffix == "safetensors":
        save_file(published.state_dict(), file)
    else:
        torch.save(published.state_dict(), file)
    torch.manual_seed(1)
    loaded = build_backbone("resnet18", str(file), size=64).network.state_dict()
    assert set(published.state_dict()) - set(loaded) == {"fc.weight", "fc.bias"}
    for name, value in loaded.items():
        assert torch.equal(value, published.state_dict()[name]), name


def test_alexnet_takes_its_own_file(tmp_path):
    from torchvision.models import alexnet

    torch.manual_seed(0)
    published = alexnet()
    save_file(published.state_dict(), tmp_path / "alexnet.safetensors")
    torch.manual_seed(1)
    loaded = build_backbone("alexnet", str(tmp_path / "alexnet.safetensors"), size=64).network.state_dict()
    assert set(published.state_dict()) - set(loaded) == {"classifier.6.weight", "classifier.6.bias"}
    assert all(torch.equal(value, published.state_dict()[name]) for name, value in loaded.items())


def test_weights_of_another_network_are_a_sentence(tmp_path):
    file = tmp_path / "other.safetensors"
    save_file(timm.create_model("resnet18", num_classes=0).state_dict(), file)
    with pytest.raises(UserError, match=rf"{re.escape(str(file))}: not weights of resnet34: the file lacks layer"):
        build_backbone("resnet34", str(file), size=64)


def test_weights_of_another_shape_are_a_sentence(tmp_path):
    state = timm.create_model("resnet18", num_classes=0).state_dict()
    state["conv1.weight"] = torch.zeros(64, 3, 5, 5)
    save_file(state, tmp_path / "odd.safetensors")
    with pytest.raises(UserError, match=r"not weights of resnet18: the file has another shape for conv1\.weight"):
        build_backbone("resnet18", str(tmp_path / "odd.safetensors"), size=64)


@pytest.mark.parametrize("name", ["resnet18", "alexnet"])
def test_a_missing_file_is_a_sentence(tmp_path, name):
    with pytest.raises(UserError, match=rf"no such file; give the path of {name}'s"):
        build_backbone(name, str(tmp_path / "none.safetensors"), size=64)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_a_damaged_file_is_a_sentence(tmp_path, suffix):
    file = tmp_path / f"damaged.{suffix}"
    file.write_bytes(b"not weights")
    with pytest.raises(UserError, match="cannot be read as weights"):
        build_backbone("resnet18", str(file), size=64)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    torch.save({"conv1.weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(UserError, match="cannot be read as weights"):
        build_backbone("resnet18", str(tmp_path / "trap.pth"), size=64)
    assert not (tmp_path / "sprung").exists()


def test_an_unknown_name_is_a_sentence_with_names_that_are_near():
    with pytest.raises(UserError, match=r"backbone\.name=resnet_18: neither .* nor a timm model; .*resnet"):
        build_backbone("resnet_18")


def test_an_option_that_the_network_does_not_take_is_a_sentence():
    with pytest.raises(UserError, match=r"backbone\.name=resnet18: the network does not take these options"):
        build_backbone("resnet18", size=64, width=4)


def test_an_option_that_small_cnn_does_not_take_is_a_sentence():
    with pytest.raises(UserError, match=r"small_cnn.*does not take these options"):
        build_backbone("small_cnn", depth=4)


@pytest.mark.parametrize("size", [8, 50])
def test_a_size_that_small_cnn_cannot_halve_is_a_sentence(size):
    with pytest.raises(UserError, match=rf"backbone\.size={size}: .* multiple of 16"):
        build_backbone("small_cnn", size=size)


def test_small_cnn_has_no_weights_to_load():
    with pytest.raises(UserError, match="small_cnn has no published weights"):
        build_backbone("small_cnn", "imagenet")


@pytest.mark.parametrize("name", ["resnet18", "alexnet"])
def test_imagenet_weights_without_a_network_are_a_sentence(tmp_path, monkeypatch, name):
    def offline(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("timm.models._builder.load_pretrained", offline)
    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    with pytest.raises(UserError, match=rf"the weights of {name} could not be downloaded; give a local file"):
        build_backbone(name, "imagenet", size=64)
