from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.cli.configuration.schema import config_dir, register
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.bundled import BUNDLED
from piaa_lightning.pipeline.specs.backbone_config import network_settings, settle_backbone

pytestmark = pytest.mark.slow


NAMES = sorted(file.stem for file in (config_dir() / "backbone").glob("*.yaml") if file.stem != "base")


def settled(*overrides: str) -> DictConfig:
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = compose("config", overrides=list(overrides))
    settle_backbone(cfg, overrides)
    return cfg.backbone


def test_one_network_is_a_node_of_plain_keys():
    net = settled("backbone=small_cnn", "backbone.size=32", "backbone.options.width=8")
    assert OmegaConf.to_container(net) == {
        "name": "small_cnn",
        "weights": None,
        "size": 32,
        "options": {"width": 8, "features": 128},
        "output": "pooled",
        "layer": "last",
        "frozen": False,
        "components": None,
    }
    (one,) = network_settings(net)
    assert one == {key: value for key, value in net.items() if key not in ("frozen", "components")}


@pytest.mark.parametrize(
    "experiment", [[], ["experiment=personal", "method=ridge"], ["experiment=closed_form_oasis", "data.root=DIR"]]
)
def test_a_list_of_networks_is_one_node_with_a_list(experiment):
    net = settled(*experiment, "backbone=[mobilenetv2,nima]", "backbone.frozen=true")
    assert set(net) == {"name", "networks", "frozen", "components"}
    assert (net.name, net.frozen) == ("mobilenetv2+nima", True)
    assert network_settings(net) == [
        {"name": name, "weights": "bundled", "size": None, "options": {}, "output": "pooled", "layer": "last"}
        for name in ("mobilenetv2", "nima")
    ]


def test_the_order_is_that_of_the_list():
    assert settled("backbone=[nima,mobilenetv2]").name == "nima+mobilenetv2"


def test_options_of_one_are_not_those_of_the_other():
    small, nima = network_settings(settled("backbone=[small_cnn,nima]", "backbone.networks.nima.size=160"))
    assert (small["options"], small["size"]) == ({"width": 16, "features": 128}, 64)
    assert (nima["options"], nima["size"]) == ({}, 160)


def test_layers_are_for_all_or_for_one():
    def layers(*overrides: str) -> list:
        return [one["layer"] for one in network_settings(settled("backbone=[mobilenetv2,nima]", *overrides))]

    assert layers("backbone.layer=-2") == [-2, -2]
    assert layers("backbone.layer=[last,-2]") == [["last", -2], ["last", -2]]
    assert layers("+backbone.networks.nima.layer=-3") == ["last", -3]


def test_settling_twice_changes_nothing():
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        cfg = compose("config", overrides=["backbone=[mobilenetv2,nima]"])
    settle_backbone(cfg)
    before = OmegaConf.to_yaml(cfg)
    settle_backbone(cfg)
    assert OmegaConf.to_yaml(cfg) == before


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["backbone=[resnet18,nima]", "backbone.size=96"], r"^backbone\.size=96: .*say of which.*resnet18\.size\.$"),
        (["backbone=[resnet18,nima]", "backbone.weights=FILE"], r"several networks were chosen \(resnet18, nima\)"),
        (["backbone=[nima,resnet18]", "backbone.weights=null"], r"^backbone\.weights=None: several networks"),
        (["backbone=[nima,small_cnn]", "backbone.options.width=4"], r"backbone\.networks\.nima\.options"),
        (["backbone=[nima,small_cnn]", "backbone.name=resnet18"], r"^backbone\.name=resnet18: several networks"),
        (["backbone=nima", "backbone.networks.nima.size=96"], r"one network was chosen; set backbone\.size\.$"),
    ],
)
def test_a_key_that_would_go_to_nobody_is_a_sentence(overrides, sentence):
    with pytest.raises(UserError, match=sentence):
        settled(*overrides)


@pytest.mark.parametrize("name", NAMES)
def test_every_backbone_can_stand_in_a_list(name):
    other = "nima" if name != "nima" else "resnet18"
    alone = network_settings(settled(f"backbone={name}"))
    assert network_settings(settled(f"backbone=[{name},{other}]"))[0] == alone[0]
    assert alone[0]["name"] == {"embedded_cnn": "small_cnn"}.get(name, name)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_weights_are_what_the_configuration_starts_from(name):
    (one,) = network_settings(settled(f"backbone={name}"))
    assert one["weights"] == "bundled"


def test_a_key_that_an_experiment_sets_for_one_network_is_a_sentence_too():
    with pytest.raises(UserError, match=r"^backbone\.size=224: several networks were chosen"):
        settled("experiment=bdn", "backbone=[nima,small_cnn]")
