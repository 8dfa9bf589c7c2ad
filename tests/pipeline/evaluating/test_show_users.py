"""Predictions and maps of a few users, from a run on the smallest embedded data."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.data.images.raw import RawImages
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.evaluating import show_users as show_users
from piaa_lightning.pipeline.parts.build_model import build_extractor
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import RunSpec

from composing import FROM_GENERIC, config_of


def composed(cache, *overrides):
    return config_of(*FROM_GENERIC, "data.size=tiny", f"paths.cache={cache}", *overrides)


def spec(cache, *overrides):
    return RunSpec.of(composed(cache, *overrides))


def test_maps_need_captum_only_where_they_are_asked_for(cache, monkeypatch):
    assert show_users.number_of_maps(spec(cache)) == show_users.BY_DEFAULT
    monkeypatch.setattr(show_users, "available", lambda: False)
    assert show_users.number_of_maps(spec(cache)) == 0
    assert show_users.number_of_maps(spec(cache, "report.maps=0")) == 0
    with pytest.raises(UserError, match=r"report.maps=24: gradient maps need captum: pip install 'piaa-"):
        show_users.number_of_maps(spec(cache, "report.maps=24"))


def test_the_first_that_are_compared_are_shown(cache):
    assert [method.key for method in show_users.shown_methods(spec(cache))] == ["blg", "ba", "generic"]
    assert show_users.shown_methods(spec(cache, "comparisons=[]")) == []


@pytest.mark.parametrize("frozen", [False, True])
def test_a_network_on_frozen_features_is_followed_down_to_the_pixels(cache, frozen):
    own, cpu = spec(cache, f"backbone.frozen={frozen}", "backbone.components=5"), torch.device("cpu")
    extractor = build_extractor(own, cpu)
    databases = Databases(own, extractor, cpu)
    data = databases.main
    torch.manual_seed(0)
    head = torch.nn.Sequential(torch.nn.Linear(extractor.features, 1), torch.nn.Flatten(0))
    network = head if frozen else torch.nn.Sequential(extractor.backbone, head)
    images = np.array([3, 8, 5])
    stored = RawImages(data.table.root, data.table.image_files.tolist(), extractor.size, own.data.resize)
    looks = show_users.gradients_of(network, extractor, stored, images.tolist(), cpu)
    with torch.no_grad():
        expected = network.eval()(data.inputs.batch(images))
    np.testing.assert_allclose([look[0] for look in looks], expected.numpy(), atol=2e-5)
    assert all(look[1].shape == (64, 64) and look[1].max() > 0 for look in looks)
    # the score changes as the map says: along the gradient's own direction, by a small step
    score = extractor.scores(network)
    pixels = squash(decode(data.table.root / str(data.table.image_files[3])), extractor.size, own.data.resize)
    inputs = extractor.normalise(torch.from_numpy(pixels)[None]).requires_grad_()
    (gradient,) = torch.autograd.grad(score(inputs).sum(), inputs)
    with torch.no_grad():
        gained = score(inputs + 1e-3 * gradient) - score(inputs)
    assert gained.item() == pytest.approx(1e-3 * gradient.square().sum().item(), rel=0.1)


def test_a_run_leaves_predictions_maps_and_their_figures(cache, tmp_path, monkeypatch):
    from piaa_lightning.cli.app import run

    cfg = composed(
        cache, "task.epochs=1", "task.init_from.epochs=1", "logger=none", f"paths.runs={tmp_path}", "shots=10",
        "protocol.test.repeats=2", "report.users=2", "report.maps=6", "methods.ba.personalizer.steps=[0]",
    )  # fmt: skip
    run(cfg, tmp_path / "one")
    with (tmp_path / "one" / "predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    summary = json.loads((tmp_path / "one" / "summary.json").read_text())
    assert {line["method"] for line in lines} == {"BLG-PIAA from generic", "BA-PIAA", "generic"}
    assert len({line["user"] for line in lines}) == 2
    said = {(line["method"], line["user"], line["image"]): line["predicted"] for line in lines}
    # BA-PIAA after no step is its prior, which is the generic model
    assert all(value == said["generic", user, image] for (m, user, image), value in said.items() if m == "BA-PIAA")
    with (tmp_path / "one" / "gradient_maps.csv").open(newline="") as file:
        maps = list(csv.DictReader(file))
    assert {line["method"] for line in maps} == {"BLG-PIAA from generic"}
    assert len(maps) == 6
    for line in maps:
        if line["score"]:  # what a map's network says is what the table of predictions says
            assert float(line["predicted"]) == pytest.approx(
                float(said["BLG-PIAA from generic", line["whose"], line["image"]]), abs=1e-5
            )
    page = (tmp_path / "one" / "report.html").read_text()
    for name in ("best_and_worst", "predicted_scores", "gradient_maps"):
        with Image.open(tmp_path / "one" / "figures" / "images" / f"{name}.png") as figure:
            assert figure.width > 300
    assert "Gradient maps of the prior of BLG-PIAA" in page
    assert summary["evaluated"] == "test"
    assert summary["protocol"]["repeats"] == 2
