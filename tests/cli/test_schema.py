"""Every committed YAML composes, and what it describes can be made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_method, instantiate
from omegaconf import DictConfig, ListConfig, OmegaConf

from piaa_lightning.cli.schema import config_dir, explain, register
from piaa_lightning.pipeline.specs import RunSpec

register()
CONF = config_dir()
OPTIONS = sorted(
    (file.parent.relative_to(CONF).as_posix(), file.stem) for file in CONF.rglob("*.yaml") if file.parent != CONF
)
OPTIONS.remove(("task", "base"))  # what all tasks stand on, with ??? for what each says itself
OPTIONS.remove(("data", "images"))  # what all databases stand on; it is none, and has no name
EXPERIMENTS = [option for group, option in OPTIONS if group == "experiment"]
TASKS = [option for group, option in OPTIONS if group == "task" and option != "meta"]  # which has no learner
# groups that the defaults do not name plainly
PLUGGED = {
    "method": "+method@methods.one",
    "optimizer": "optimizer@task.module.optimizer",
    "schedule": "schedule@task.module.schedule",
}
ROWS = ("controls", "fpmf_rows", "pam_rows", "usar_rows", "usar_ava_rows", "ava_rows")
MANY = {("method", rows): "+method@methods" for rows in ROWS}


def composed(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", list(overrides))


def with_option(group: str, option: str) -> DictConfig:
    """Compose an option, upon an experiment where it does not bring the methods itself."""
    if group == "method":
        return composed(f"{MANY.get((group, option), PLUGGED[group])}={option}")
    if group == "experiment":
        return composed(f"experiment={option}")
    if group == "sweep":
        return composed("experiment=blg_piaa", f"sweep={option}")
    if group == "task":
        return composed("experiment=ba_piaa", "head=distribution", f"task={option}")
    return composed("experiment=ba_piaa", f"{PLUGGED.get(group, group)}={option}")


def test_everything_that_the_configuration_makes_may_be_made():
    from piaa_lightning.cli.allowed_targets import refuse_strange_targets

    for group, option in OPTIONS:
        refuse_strange_targets(OmegaConf.to_container(with_option(group, option), resolve=True))


def targets(node: Any) -> Iterator[DictConfig]:
    if isinstance(node, DictConfig):
        if "_target_" in node:
            yield node
        for key in node:
            yield from targets(node[key])
    elif isinstance(node, ListConfig):
        for item in node:
            yield from targets(item)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes_and_names_things_that_exist(group, option):
    cfg = with_option(group, option)
    container = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    found = list(targets(OmegaConf.create(container)))
    assert found
    for node in found:
        # not all arguments: the program adds some when it calls, a network for instance
        given = {key: None for key in node if not str(key).startswith("_")}
        inspect.signature(get_method(node._target_)).bind_partial(**given)


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "backbone"])
def test_every_backbone_is_built(option):
    from piaa_lightning.models.backbones.factory import build_backbone

    cfg = composed(f"backbone={option}").backbone
    outputs = {"pooled": None, "logits": 1000}
    assert cfg.output in outputs
    for output, length in outputs.items():
        if (cfg.name, output) == ("small_cnn", "logits"):
            continue
        with torch.device("meta"), torch.no_grad():  # shapes alone: no weights are drawn
            backbone = build_backbone(cfg.name, None, 96, output=output, **cfg.options).eval()
            features = backbone(torch.zeros((1, 3, 96, 96), dtype=torch.uint8))
        assert features.shape == (1, length or backbone.features)
    keys = {"name", "weights", "size", "output", "frozen", "components", "options"}
    assert set(cfg) == keys, "every backbone has the keys that the stages read"


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "trainer"])
def test_every_trainer_is_made(option):
    cfg = with_option("trainer", option).trainer
    has = {"gpu": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not has.get(cfg.accelerator, True):
        pytest.skip(f"this machine has no {cfg.accelerator}")
    trainer = instantiate(cfg, logger=False, max_epochs=3, plugins=[])  # SLURM's cannot be made without SLURM
    assert trainer.max_epochs == 3
    assert trainer.num_devices == {"ddp_cpu": 2}.get(option, 1) or option in ("ddp", "fsdp", "slurm")


def test_processes_are_as_many_as_torchrun_or_slurm_started(monkeypatch):
    assert composed("trainer=ddp_cpu").trainer.devices == 2
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert composed("trainer=ddp_cpu").trainer.devices == 3
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "8")
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", "4")
    trainer = composed("trainer=slurm").trainer
    assert (trainer.devices, trainer.num_nodes, trainer.strategy) == (8, 4, "ddp")


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "logger" and option != "none"])
def test_every_logger_is_made_in_the_runs_directory(option, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    logger = instantiate(with_option("logger", option).logger, save_dir=str(tmp_path), name="run")
    assert Path(logger.save_dir) == tmp_path


def test_no_logger_is_null():
    assert with_option("logger", "none").logger is None


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "callbacks"])
def test_every_callback_is_made(option):
    from pytorch_lightning import Callback

    callbacks = [instantiate(callback) for callback in with_option("callbacks", option).callbacks.values()]
    assert all(isinstance(callback, Callback) for callback in callbacks)


def test_several_callbacks_are_a_list():
    assert list(composed("callbacks=[channels_last,rich_progress]").callbacks) == ["channels_last", "progress"]
    assert composed().callbacks == {}


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "head"])
def test_every_head_scores(option):
    head = instantiate(with_option("head", option).head)(6).eval()
    assert head(torch.randn(2, 6)).shape == (2,)


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "data"])
def test_every_database_has_a_reader_and_a_split(option):
    data = with_option("data", option).data
    for made in (instantiate(data.reader), instantiate(data.split)):
        assert isinstance(made, partial)
        inspect.signature(made).bind(None)  # the root, or the table, is all that is missing


@pytest.mark.parametrize("option", [option for group, option in OPTIONS if group == "data"])
@pytest.mark.parametrize(("group", "place"), [("data", "data"), ("+data@methods.one.data", "methods.one.data")])
def test_one_key_says_for_every_reader_how_many_images_may_be_missing(option, group, place):
    cfg = composed(f"{group}={option}")
    assert instantiate(OmegaConf.select(cfg, place).reader).keywords["max_missing"] == 0.01
    OmegaConf.update(cfg, f"{place}.max_missing", 0.25)
    assert instantiate(OmegaConf.select(cfg, place).reader).keywords["max_missing"] == 0.25


@cache
def of(experiment: str) -> DictConfig:
    """An experiment, composed once for the tests that only look at it."""
    return composed(f"experiment={experiment}")


def tasks_of(cfg: DictConfig) -> list[DictConfig]:
    """All tasks that an experiment trains, those that they start from included."""
    return [task.config for task in RunSpec.of(cfg).tasks()]


def made(cfg: DictConfig, task: DictConfig):
    """The network of a task, on a backbone of the smallest kind."""
    from piaa_lightning.models.backbones.factory import build_backbone
    from piaa_lightning.models.feature_extractor import FeatureExtractor
    from piaa_lightning.pipeline.build_model import untrained

    extractor = FeatureExtractor(build_backbone("small_cnn", size=32, width=2, features=6))
    spec = RunSpec.of(cfg)
    (own,) = [step for step in (*spec.tasks(), *spec.task.chain()) if step.config is task][:1]
    return untrained(spec, own, extractor)


def check_task(cfg: DictConfig, task: DictConfig) -> None:
    """Everything that a task names can be made and fits together, up to the data."""
    from piaa_lightning.tasks.pretraining import PretrainingTask

    module = instantiate(task.module)(network=made(cfg, task))
    assert isinstance(module, PretrainingTask)
    assert module.configure_optimizers()  # every parameter has a rate, or this is a sentence
    for stream in [task] if task.sources is None else task.sources.values():
        assert stream.validation is not None or task.sources is not None
        for form in filter(None, (stream.dataset, stream.validation)):
            inspect.signature(instantiate(form)).bind(None, None, "train", None, 0)


@pytest.mark.parametrize("option", TASKS)
def test_every_task_is_made(option):
    cfg = with_option("task", option)
    assert cfg.task.name == option
    task = cfg.task
    while task is not None:
        check_task(cfg, task)
        task = task.init_from


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_can_be_made(experiment):
    from piaa_lightning.estimators.estimator import Estimator
    from piaa_lightning.evaluation.protocol import Protocol
    from piaa_lightning.models.network import ScoreNetwork
    from piaa_lightning.personalizers.personalizer import Personalizer

    cfg = of(experiment)
    assert RunSpec.of(cfg).shots
    for method in cfg.methods.values():
        if method.get("estimator"):
            assert isinstance(instantiate(method.estimator), Estimator)
            assert method.evaluation == "images"
        elif "personalizer" in method:
            personalizer = instantiate(method.personalizer)
            assert isinstance(personalizer, Personalizer)
            assert len(personalizer.candidates()) >= 1
        elif method.evaluation == "images":
            assert isinstance(made(cfg, method.model), ScoreNetwork)
        else:
            assert method.evaluation == "traits"
            assert callable(made(cfg, method.model).traits)
            assert set(method.dataset) >= {"traits", "liked", "scaling"}, "users are evaluated as the task learnt them"
    for task in tasks_of(cfg):
        check_task(cfg, task)
    assert isinstance(instantiate(cfg.protocol.test), Protocol)
    assert isinstance(instantiate(cfg.protocol.validation), Protocol)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_names_databases_that_it_has(experiment):
    cfg = of(experiment)
    named = {method.get("database") for method in cfg.methods.values()}
    for task in tasks_of(cfg):
        named |= {stream.database for stream in ([task] if task.sources is None else task.sources.values())}
    assert named - {None} <= set(cfg.databases)
    assert set(cfg.databases) <= named, "what is read is learnt from or evaluated on"


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_tasks_that_differ_have_names_that_differ(experiment):
    names = [task.name for task in tasks_of(of(experiment))]
    assert len(set(names)) == len(names), "their checkpoints would overwrite each other"


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_compares_methods_that_it_has_and_labels_them_apart(experiment):
    cfg = of(experiment)
    assert cfg.name == experiment
    kinds = {key: method.get("evaluation", "users") for key, method in cfg.methods.items()}
    for one, other in cfg.comparisons:
        assert kinds[one] == kinds[other]
    labels = [(kinds[key], method.label) for key, method in cfg.methods.items()]
    assert len(set(labels)) == len(labels)
    if "users" in kinds.values():
        assert {"generic", "generic_affine", "random", "crowd"} <= set(cfg.methods), "the control rows are part of it"


def test_the_talks_protocol():
    cfg = composed("experiment=blg_piaa")
    assert (list(cfg.shots), cfg.protocol.test.repeats) == ([10, 100], 10)
    assert cfg.protocol.test.seed != cfg.protocol.validation.seed
    learner = cfg.task.module.learner
    assert (cfg.task.dataset.support, cfg.task.dataset.query) == (80, 20)
    assert (list(learner.inner.betas), learner.inner.bias_correction, learner.reduce) == ([0.9, 0.9], False, "sum")
    # the meta-learnt prior starts from the very prior that BA-PIAA is tuned from
    assert cfg.methods.blg.model == cfg.task
    assert cfg.methods.ba.model == cfg.task.init_from
    assert cfg.methods.blg.personalizer == cfg.methods.ba.personalizer


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("experiment=blg_pia", r"^experiment=blg_pia: there is no such experiment; choose one of .*did you mean blg_"),
        ("sed=3", r"^sed: there is no such key \(did you mean seed\?\)"),
        ("task.epoch=3", r"^task\.epoch: there is no such key"),
        (
            "trainer=tpu",
            r"^trainer=tpu: there is no such trainer; choose one of base, cpu, ddp, ddp_cpu, fsdp, gpu, mps, slurm",
        ),
        ("method=random", r"^method: there is no such key|^The configuration cannot be composed"),
        ("seed=abc", r"abc"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(override, sentence):
    with pytest.raises(Exception) as raised:  # noqa: PT011  # Hydra and OmegaConf have no class in common
        composed(override)
    told = explain(raised.value, [override])
    assert "\n" not in told
    assert re.search(sentence, told), told
