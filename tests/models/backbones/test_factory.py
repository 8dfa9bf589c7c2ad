from __future__ import annotations

import pytest
import timm
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.catalogue import IMAGENET_MEAN, IMAGENET_STD
from piaa_lightning.models.backbones.factory import build_backbone


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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size", "features", "parameters"),
    [
        ("alexnet", 224, 4096, 61_100_840),
        ("vgg16", 224, 4096, 138_357_544),
        ("bn_inception", 224, 1024, 11_295_240),
        ("inception_v3", 299, 2048, 23_834_568),  # without the auxiliary classifier
        ("densenet121", 224, 1024, 7_978_856),
        ("resnet18", 224, 512, 11_689_512),
    ],
)
def test_the_talks_networks_are_what_they_are_known_to_be(name, size, features, parameters):
    with torch.device("meta"):  # shapes alone: no weights are drawn
        pooled, logits = build_backbone(name), build_backbone(name, output="logits")
    assert (pooled.size, pooled.features) == (size, features)
    assert (logits.size, logits.features) == (size, 1000)
    assert sum(parameter.numel() for parameter in logits.parameters()) == parameters
    without = sum(parameter.numel() for parameter in pooled.parameters())
    assert parameters - without == 1000 * features + 1000, "the classifier alone is left out"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bn_inception", "resnet18"])
def test_logits_are_the_classifier_of_the_pooled_features(tmp_path, name):
    logits = build_backbone(name, size=64, output="logits").eval()
    torch.save(logits.network.state_dict(), tmp_path / "weights.pth")
    pooled = build_backbone(name, str(tmp_path / "weights.pth"), size=64).eval()
    *_, classifier = (module for module in logits.modules() if isinstance(module, torch.nn.Linear))
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    with torch.no_grad():
        torch.testing.assert_close(logits(images), classifier(pooled(images)))


@pytest.mark.slow
def test_bn_inception_gets_the_input_that_its_weights_were_trained_on(tmp_path):
    torch.manual_seed(0)
    published = build_backbone("bn_inception", size=32, output="logits").network.eval()
    stored = {key: v[None] if "_bn." in key and v.dim() else v for key, v in published.state_dict().items()}
    torch.save(stored, tmp_path / "bn_inception-52deb4733.pth")
    backbone = build_backbone("bn_inception", str(tmp_path / "bn_inception-52deb4733.pth"), size=32, output="logits")
    entered = []
    backbone.network.conv1_7x7_s2.register_forward_pre_hook(lambda module, inputs: entered.append(inputs[0]))
    red, green, blue = pixel = torch.tensor([250, 20, 3], dtype=torch.uint8)
    with torch.no_grad():
        backbone.eval()(pixel.view(1, 3, 1, 1).expand(1, 3, 32, 32))
    expected = [float(blue) - 104, float(green) - 117, float(red) - 128]
    assert entered[0][0, :, 5, 7].tolist() == pytest.approx(expected, abs=1e-4)
    for key, value in backbone.network.state_dict().items():
        assert torch.equal(value, published.state_dict()[key]), key


@pytest.mark.parametrize(("name", "size"), [("small_cnn", 64), ("resnet18", 224)])
def test_the_networks_own_size_by_default(name, size):
    assert build_backbone(name).size == size


def test_probing_the_feature_length_moves_no_running_statistics():
    network = build_backbone("resnet18", size=64).network
    assert network.bn1.num_batches_tracked == 0
    assert not network.bn1.running_mean.any()
    assert network.training


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("alexnet", IMAGENET_MEAN, IMAGENET_STD),
        ("resnet18", IMAGENET_MEAN, IMAGENET_STD),
        ("densenet121", IMAGENET_MEAN, IMAGENET_STD),
        ("inception_v3", (0.5,) * 3, (0.5,) * 3),
    ],
)
def test_statistics_are_those_that_the_weights_were_trained_with(name, mean, std):
    backbone = build_backbone(name, size=96)
    assert backbone.mean.flatten().tolist() == pytest.approx(mean)
    assert backbone.std.flatten().tolist() == pytest.approx(std)


@pytest.mark.slow
def test_the_talks_networks_start_from_torchvisions_weights(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "timm.models._builder.load_pretrained", lambda model, pretrained_cfg, **_: asked.append(pretrained_cfg)
    )
    for name in ("resnet18", "densenet121", "inception_v3"):
        build_backbone(name, "imagenet", size=96)
    assert [(cfg["architecture"], cfg["tag"]) for cfg in asked] == [
        ("resnet18", "tv_in1k"),
        ("densenet121", "tv_in1k"),
        ("inception_v3", "tv_in1k"),
    ]


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


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("inception_v3", 64), ("bn_inception", 200), ("alexnet", 32)])
def test_a_size_that_a_network_cannot_take_is_a_sentence(name, size):
    with pytest.raises(
        UserError, match=rf"backbone\.size={size}: {name} cannot take .*backbone\.size=null for its own"
    ):
        build_backbone(name, size=size)


def test_small_cnn_has_no_weights_to_load():
    with pytest.raises(UserError, match="small_cnn has no published weights"):
        build_backbone("small_cnn", "imagenet")


def test_small_cnn_has_no_logits():
    with pytest.raises(UserError, match=r"backbone\.output=logits: small_cnn has no classifier"):
        build_backbone("small_cnn", output="logits")


def test_a_network_without_a_classifier_has_no_logits():
    name = "vit_small_patch14_dinov2"
    with (
        torch.device("meta"),
        pytest.raises(UserError, match=rf"{name} has no classifier; give backbone\.output=pooled"),
    ):
        build_backbone(name, output="logits")


def test_an_output_that_there_is_not_is_a_sentence():
    with pytest.raises(UserError, match=r"backbone\.output=fc7: there is no such output; choose pooled or logits"):
        build_backbone("resnet18", output="fc7")


def test_weights_that_timm_does_not_have_are_a_sentence():
    with pytest.raises(
        UserError, match=r"resnet18\.mine: timm has no weights of this name; choose one of .*resnet18\.tv_in1k"
    ):
        build_backbone("resnet18.mine")
    without = next(name for name in timm.list_models() if not timm.is_model_pretrained(name))
    with pytest.raises(UserError, match=rf"{without}: timm has no weights of this name; give a local file"):
        build_backbone(without, "imagenet")


def test_bn_inceptions_weights_are_a_file():
    with pytest.raises(UserError, match=r"no hub has the weights of bn_inception; give the file .*52deb4733\.pth"):
        build_backbone("bn_inception", "imagenet")


@pytest.mark.parametrize("name", ["resnet18", "alexnet"])
def test_imagenet_weights_without_a_network_are_a_sentence(tmp_path, monkeypatch, name):
    def offline(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("timm.models._builder.load_pretrained", offline)
    monkeypatch.setattr("torch.hub.download_url_to_file", offline)
    with pytest.raises(
        UserError, match=rf"the weights of {name} could not be downloaded \(OSError\); give a local file"
    ):
        build_backbone(name, "imagenet", size=64)
