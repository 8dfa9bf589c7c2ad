"""The commands for the real databases are the talk's experiments: its numbers, one by one."""

from __future__ import annotations

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.published_results import missing_traits
from piaa_lightning.models.parameter_groups import optimizer_groups
from piaa_lightning.pipeline.run import refuse_mistakes
from piaa_lightning.pipeline.specs.backbone_config import recipe_of_backbone
from piaa_lightning.pipeline.specs.specs import RunSpec

from composing import config_of

pytestmark = pytest.mark.slow


def plain(part):
    return OmegaConf.to_container(part, resolve=True)


def optimizer_of(task):
    """What trains a network, made as a run makes it."""
    return instantiate(task.module.optimizer)(nn.Linear(1, 1).parameters())


def is_the_talks(task):
    # its slide: weight decay 1e-5, momentum .9, batches of 50, rate 1e-4, which drops to .9 of it each epoch, 50 epochs
    made = optimizer_of(task)
    assert type(made).__name__ == "SGD"
    (group,) = made.param_groups
    assert (group["weight_decay"], group["momentum"], group["lr"]) == (1e-5, 0.9, 1e-4)
    assert task.module.lr_by_part is None, "all of it at one rate"
    assert (task.batch_size, task.epochs) == (50, 50)
    schedule = instantiate(task.module.schedule)(made)
    made.step()
    schedule.step()
    assert group["lr"] == pytest.approx(0.9e-4)


@pytest.mark.parametrize("backbone", ["resnet18", "alexnet", "inception_v3"])
def test_blg_piaa_and_table_two(backbone):
    cfg = config_of("experiment=talk_blg_piaa", f"backbone={backbone}")
    spec = RunSpec.of(cfg)
    refuse_mistakes(spec)
    assert (cfg.backbone.name, cfg.backbone.weights, cfg.backbone.frozen) == (backbone, "imagenet", False)
    # 1: initialise theta, pre-trained on ImageNet; and so BA-PIAA's generic network
    assert (spec.methods["blg"].model.start, spec.methods["blg"].model.init_from) == ("pretrained", None)
    assert spec.methods["ba"].model.init_from is None
    assert spec.methods["blg_generic"].model.init_from is spec.methods["ba"].model
    # Adam: mu1 in both moments, no bias correction; S steps on support, S on query; beta times the sum over users
    task = cfg.task
    inner = plain(task.module.learner.inner)
    assert (inner["rule"], inner["betas"], inner["bias_correction"], inner["layers"]) == (
        "adam",
        [0.9, 0.9],
        False,
        "all",
    )
    assert (task.module.learner.steps, task.module.learner.reduce) == (5, "sum")
    assert (task.module.optimizer["_target_"], task.module.optimizer.lr) == ("torch.optim.SGD", 0.25)
    assert (task.module.gamma, task.module.inner_gamma, task.module.compounding) == (1.0, 1.0, False)
    assert (task.batch_size, task.dataset.support, task.dataset.query, task.epochs) == (4, 80, 20, 50)
    is_the_talks(task.init_from)
    # ten random splits of a new user's ratings, 10 and 100 shots; all parameters, Adam 1e-5, 19 steps
    assert (list(cfg.shots), cfg.protocol.test.repeats) == ([10, 100], 10)
    fit = plain(cfg.methods.blg.personalizer)
    assert (fit["lr_multipliers"], fit["steps"], fit["inner"]["layers"]) == ([1.0], [19], "all")
    assert fit["inner"]["lr_by_part"] == {"backbone": 1e-5, "head": 1e-5}
    assert fit == plain(cfg.methods.ba.personalizer)
    # squashed to 256, cropped to 224
    assert cfg.data.store_scale == pytest.approx(256 / 224, abs=1e-3)


@pytest.mark.parametrize(("backbone", "scale"), [("densenet121", 256 / 224), ("inception_v3", 350 / 299)])
def test_pa_iaa_on_users(backbone, scale):
    cfg = config_of(f"experiment=talk_pa_iaa_{backbone}")
    refuse_mistakes(RunSpec.of(cfg))
    assert (cfg.backbone.name, cfg.backbone.weights) == (backbone, "imagenet")
    for task in (cfg.task, cfg.task.init_from, cfg.tasks.mt_iaa, cfg.tasks.generic):
        is_the_talks(task)
    assert (cfg.task.extend.fusion, cfg.head.bins) == ("constant", 10)
    assert plain(cfg.head)["hidden"] == plain(cfg.task.init_from.network.personality)["hidden"] == [2048, 1024]
    assert cfg.task.init_from.network.personality.traits == 5
    assert cfg.methods.pa_iaa.personalizer.steps == cfg.methods.mt_iaa.personalizer.steps == [19]
    for data in (cfg.data, *cfg.databases.values()):
        assert data.store_scale == pytest.approx(scale, abs=1e-3)


@pytest.mark.parametrize("backbone", ["densenet121", "inception_v3"])
def test_the_personality_table(backbone):
    cfg = config_of(f"experiment=talk_personality_{backbone}")
    refuse_mistakes(RunSpec.of(cfg))
    assert (cfg.backbone.name, cfg.backbone.weights) == (backbone, "imagenet")
    for task in (cfg.task, cfg.tasks.giaa, cfg.tasks.personality):
        is_the_talks(task)
    assert [method.evaluation for method in cfg.methods.values()] == ["images"] * 2 + ["traits"] * 4
    names = [method.label for method in cfg.methods.values() if method.evaluation == "traits"]
    assert names[2:] == ["Segalin et al.", "Guntuku et al."]
    other = {"densenet121": "Inception-v3", "inception_v3": "DenseNet121"}[backbone]
    missing = [f"{other}(personality)", f"PA_IAA({other})"]
    assert [row.method for row in missing_traits(names)] == missing, "the other backbone is the other command"
    told = [plain(method.dataset) for method in cfg.methods.values() if method.evaluation == "traits"]
    assert told[1:] == told[:1] * 3, "all rows have the same users and traits"
    assert {method.database for method in cfg.methods.values() if method.evaluation == "traits"} == {"personality"}


def test_ba_piaa_alone():
    cfg = config_of("experiment=talk_ba_piaa")
    refuse_mistakes(RunSpec.of(cfg))
    is_the_talks(cfg.task)
    assert cfg.methods.ba.personalizer.steps == [19]


class TestTheRecipeFollowsTheBackbone:
    @pytest.mark.parametrize(
        ("backbone", "recipe"),
        [
            ({"weights": None, "frozen": False}, "small"),
            ({"weights": "imagenet", "frozen": False}, "pretrained"),
            ({"weights": "bundled", "frozen": True}, "small"),  # a head alone learns
            ({"networks": {"a": {"weights": None}}, "weights": "x.pth", "frozen": False}, "pretrained"),
            ({"networks": {"a": {"weights": None}, "b": {"weights": "bundled"}}, "frozen": False}, "pretrained"),
            ({"networks": [{"weights": None}, {"weights": None}], "frozen": False}, "small"),
        ],
    )
    def test_by_its_weights(self, backbone, recipe):
        assert recipe_of_backbone(OmegaConf.create(backbone)) == recipe

    def test_unless_one_is_named(self):
        cfg = config_of("experiment=ba_piaa", "backbone=resnet18", "backbone.weights=imagenet")
        RunSpec.of(cfg)
        assert (cfg.recipe, cfg.task.epochs) == ("pretrained", cfg.recipes.pretrained.epochs)
        cfg.recipe = "talk"
        assert cfg.task.epochs == cfg.recipes.talk.epochs

    def test_what_was_pretrained_moves_slower_than_what_is_new(self):
        cfg = config_of("experiment=ba_piaa", "backbone=embedded_cnn")
        module = nn.ModuleDict({"backbone": nn.Linear(1, 1), "head": nn.Linear(1, 1), "personality": nn.Linear(1, 1)})
        groups = optimizer_groups(module, cfg.task.module.lr_by_part)
        assert [(len(group["params"]), group["lr"]) for group in groups] == [(2, 1e-4), (4, 1e-3)]

    def test_one_that_is_not_there_is_a_sentence(self):
        with pytest.raises(UserError, match=r"recipe=imagenet: there is no such choice.*small, pretrained, talk"):
            RunSpec.of(config_of("experiment=ba_piaa", "recipe=imagenet"))

    def test_every_recipe_has_the_same_keys(self):
        recipes = plain(config_of().recipes)
        first = shape(recipes["small"])
        assert set(recipes) == {"small", "pretrained", "talk", "authors"}
        assert {name: shape(recipe) for name, recipe in recipes.items()} == dict.fromkeys(recipes, first)


def shape(recipe):
    """Names of the keys; rates by part are each network's own."""
    groups = {name: sorted(part) for name, part in recipe.items() if isinstance(part, dict) and name != "lr_by_part"}
    return sorted(recipe), groups
