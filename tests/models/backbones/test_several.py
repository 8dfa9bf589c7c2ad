from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from piaa_lightning.data.images.stored import Images
from piaa_lightning.errors import UserError
from piaa_lightning.explain.gradient_map import gradient_map
from piaa_lightning.meta.groups import last_stage
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.frozen import frozen_features
from piaa_lightning.models.backbones.several import Backbones
from piaa_lightning.models.network import ScoreNetwork

pytestmark = pytest.mark.slow


SMALL = {"name": "small_cnn", "size": 32, "options": {"width": 4, "features": 24}}  # mean .5, std .25
RESNET = {"name": "resnet18", "size": 64}  # ImageNet's mean and std
DATA = torch.Generator().manual_seed(0)
IMAGES = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8, generator=DATA)


def both(seed: int = 0) -> Backbones:
    torch.manual_seed(seed)
    made = build_backbone([SMALL, RESNET]).eval()
    assert isinstance(made, Backbones)
    return made


def member(number: int, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return both().members[number](images)


def test_features_stand_beside_each_other():
    made = build_backbone(["mobilenetv2", "nima"]).eval()
    images = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8)
    with torch.no_grad():
        found, score = made.with_score(images)
        alone = [build_backbone(name).eval()(images) for name in ("mobilenetv2", "nima")]
        torch.testing.assert_close(score, build_backbone("nima").eval().scores(images))
    torch.testing.assert_close(found, torch.cat(alone, dim=1))
    assert (made.features, made.size, made.squares) == (2304, 224, build_backbone("nima").squares)


def test_each_network_gets_its_own_size_mean_and_std():
    made = both()
    assert (made.features, made.size) == (24 + 512, 64)
    with torch.no_grad():
        found = made(IMAGES)
        normal = made(made.normalise(IMAGES))
    torch.testing.assert_close(normal, found)
    torch.testing.assert_close(found[:, 24:], member(1, IMAGES), atol=1e-4, rtol=1e-4)
    halved = interpolate(IMAGES.float(), (32, 32), mode="bilinear", antialias=True, align_corners=False)
    small = both().members[0]
    with torch.no_grad():
        expected = small((halved / 255 - small.mean) / small.std)
    torch.testing.assert_close(found[:, :24], expected, atol=1e-4, rtol=1e-4)


def test_images_made_for_every_network_are_used_as_they_are():
    made, little = both(), torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    assert {size for size, _ in made.squares} == {32, 64}
    given = {square: little if square[0] == 32 else IMAGES for square in made.squares}
    with torch.no_grad():
        found = made(given)
    torch.testing.assert_close(found, torch.cat([member(0, little), member(1, IMAGES)], dim=1))


def test_networks_of_one_mean_and_std_keep_it():
    made = build_backbone([SMALL, {**SMALL, "name": "small_cnn"}][:1])
    assert not isinstance(made, Backbones), "a list of one is one"
    two = build_backbone([{"name": "mobilenetv2", "weights": None}, {"name": "nima", "weights": None}])
    assert two.mean.flatten().tolist() == two.std.flatten().tolist() == [0.5] * 3


def test_the_larger_may_stand_anywhere_in_the_list():
    torch.manual_seed(0)
    made = build_backbone([RESNET, SMALL]).eval()
    assert made.size == 64
    with torch.no_grad():
        assert made(IMAGES).shape == (3, 512 + 24)


def test_gradients_reach_every_network():
    made = both().train()
    ScoreNetwork(made, torch.nn.Linear(made.features, 1))(IMAGES).sum().backward()
    for name, network in made.networks.items():
        assert any((parameter.grad != 0).any() for parameter in network.parameters()), name


def test_a_gradient_map_is_of_the_sum_over_networks():
    made = both()
    normal = made.normalise(IMAGES)

    def score(part: slice):
        return lambda images: made(images)[:, part].sum(dim=1)

    def gradient(part: slice) -> torch.Tensor:
        images = normal.clone().requires_grad_()
        return torch.autograd.grad(score(part)(images).sum(), images)[0]

    pytest.importorskip("captum")
    found = gradient_map(score(slice(None)), normal, blur=0)
    expected = (gradient(slice(0, 24)) + gradient(slice(24, None))).abs().amax(dim=1)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6)
    assert (gradient(slice(0, 24)) != 0).any()


def test_one_state_holds_all_networks():
    made, other = both(), both(seed=1)
    with torch.no_grad():
        assert not torch.allclose(other(IMAGES), made(IMAGES))
        other.load_state_dict(made.state_dict())
        torch.testing.assert_close(other(IMAGES), made(IMAGES))
    assert {name.split(".")[1] for name in made.state_dict()} == {"small_cnn", "resnet18"}


def test_names_with_dots_have_a_place():
    made = build_backbone([{"name": "resnet18.tv_in1k", "size": 32, "weights": None}, SMALL])
    assert list(made.networks) == ["resnet18_tv_in1k", "small_cnn"]


def test_the_last_stage_is_that_of_each_network():
    made = both()
    resnet, small = made.networks["resnet18"].network, made.networks["small_cnn"].network
    stages = last_stage(made)
    assert any(module is resnet.layer4 for module in stages)
    assert any(module is small.layers[10] for module in stages)


PIXELS = {size: np.random.default_rng(size).integers(0, 256, (5, 3, size, size), dtype=np.uint8) for size in (32, 64)}


def test_frozen_features_are_kept_for_each_network(tmp_path, monkeypatch):
    images = {size: Images(pixels, {}, key=f"these at {size}") for size, pixels in PIXELS.items()}
    ran: list[int] = []
    forward = Backbone.forward
    monkeypatch.setattr(Backbone, "forward", lambda self, given: ran.append(self.features) or forward(self, given))

    def features(made: Backbone) -> np.ndarray:
        ran.clear()
        return frozen_features(made, images, tmp_path, torch.device("cpu"))

    def built(*settings: dict) -> Backbone:
        torch.manual_seed(0)
        return build_backbone(list(settings))

    alone = features(built(SMALL))
    assert ran == [24]
    together = features(both())
    assert ran == [512], "the one that is known is not run again"
    np.testing.assert_array_equal(together[:, :24], alone)
    np.testing.assert_array_equal(together[:, 24:], member(1, torch.from_numpy(PIXELS[64])).numpy())
    features(both())
    assert ran == []
    torch.manual_seed(0)
    features(build_backbone([SMALL, RESNET], layer=-2))
    assert len(ran) == 2, "another layer is another network"
    assert len(list((tmp_path / "features").iterdir())) == 4


@pytest.mark.filterwarnings("ignore")  # of the exporters
def test_both_can_be_exported():
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    torch.manual_seed(0)
    made = build_backbone([SMALL, {**RESNET, "layer": ["last", -2]}]).eval()
    batch = [{0: torch.export.Dim("batch", min=1, max=64)}]
    with torch.no_grad():
        program = torch.export.export(made, (IMAGES[:2],), dynamic_shapes=batch)
        expected = made(IMAGES)
    torch.testing.assert_close(program.module()(IMAGES), expected, atol=1e-4, rtol=1e-4)
    written = torch.onnx.export(program, dynamo=True, verbose=False, external_data=False)
    session = onnxruntime.InferenceSession(written.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: IMAGES.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], r"backbone=\[\]: give at least one network"),
        (["small_cnn", "nimo"], r"backbone\.name=nimo: neither one of .* nor a timm model"),
        (["small_cnn", "small_cnn"], r"backbone: small_cnn stands twice in the list"),
        ([{"name": "small_cnn", "sise": 32}], r"backbone: a network of a list is .*; correct sise"),
        ([{"size": 32}], r"correct name"),
        (
            ["small_cnn", {"name": "nima", "layer": -12}],
            r"backbone\.layer=-12: nima has no such layer; it has last, -2",
        ),
    ],
)
def test_a_list_that_cannot_be_built_is_a_sentence(names, sentence):
    with pytest.raises(UserError, match=sentence):
        build_backbone(names)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"name": "nima", "weights": "nowhere.pth"}, "backbone.networks.nima.weights=nowhere.pth"),
        ({"name": "small_cnn", "weights": "imagenet"}, "backbone.networks.small_cnn.weights"),
    ],
)
def test_a_mistake_in_a_list_names_the_networks_own_key(settings, key):
    with pytest.raises(UserError, match=rf"^{re.escape(key)}: "):
        build_backbone([RESNET, settings])
