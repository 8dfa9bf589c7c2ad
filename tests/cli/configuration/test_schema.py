"""Every committed YAML composes, and what it describes can be made: one test each, which lists all offenders.

Composing takes a third of a second, so that every option is composed once: tasks and methods side by side in one
configuration, everything else by itself.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import get_method, instantiate
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.cli.configuration.allowed_targets import refuse_strange_targets
from piaa_lightning.cli.configuration.families import options
from piaa_lightning.cli.configuration.renamed_experiments import RENAMED, RENAMED_EXPERIMENTS
from piaa_lightning.cli.configuration.schema import config_dir, explain, register
from piaa_lightning.errors import UserError, at_key
from piaa_lightning.pipeline.parts.open_data import RUN_KEYS
from piaa_lightning.pipeline.specs.specs import RunSpec, TaskSpec

pytestmark = pytest.mark.slow

CONF = config_dir()
# What others stand on, with ??? for what each says itself, or what stands behind another's name: none is chosen alone.
BASES = {
    "backbone": {"base"},
    "data": {"images"},
    "experiment": {"ava_system", "personal_rows", "recent_rows", "with_attributes"},
    "task": {"base", "meta", "as_run", "as_meta", "as_meta_from_generic", "as_meta_with_rates"},
}
# groups that the defaults do not name plainly
PLUGGED = {
    "optimizer": "optimizer@task.module.optimizer",
    "schedule": "schedule@task.module.schedule",
    "recipes": "recipes@recipes.small",
    "tuning": "+tuning@method.personalizer",
}
PLAIN = (
    *("backbone", "callbacks", "data", "head", "hparams_search", "logger", "paths", "protocol", "sweep", "trainer"),
    *("debug", "optimizer", "recipes", "schedule", "tuning"),
)
ROWS = ("controls", "fpmf_rows", "pam_rows", "usar_rows", "usar_ava_rows", "trait_rows")  # of several methods
SIDE_BY_SIDE = ("task", "method", "experiment")


def chosen(group: str) -> list[str]:
    return [option for option in options(CONF, group) if option not in BASES.get(group, ())]


@pytest.fixture(scope="module", autouse=True)
def hydra():
    """One initialised Hydra for all that is composed here."""
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        yield


@cache
def composed(*overrides: str) -> DictConfig:
    cfg = compose("config", list(overrides))
    OmegaConf.set_readonly(cfg, True)
    return cfg


@cache
def tasks() -> DictConfig:
    """All tasks, below ``tasks``, as somebody who types task=NAME gets them."""
    return composed("head=distribution", "task=generic", *(f"+task@tasks.{name}={name}" for name in chosen("task")))


@cache
def methods() -> DictConfig:
    """All methods, below ``methods``."""
    single = [f"+method@methods.one_{name}={name}" for name in chosen("method") if name not in ROWS]
    rows = [name for name in ROWS if name != "usar_ava_rows"]  # whose names are those of usar_rows
    return composed("task=generic", f"+method@methods=[{','.join(rows)}]", *single)


def of(experiment: str) -> DictConfig:
    return composed(f"experiment={experiment}")


def option_of(group: str, option: str) -> DictConfig:
    base = {"sweep": ["experiment=ba_piaa"], "optimizer": ["task=generic"], "schedule": ["task=generic"]}
    base["tuning"] = ["method=fine_tune"]
    return composed(*base.get(group, ()), f"{PLUGGED.get(group, group)}={option}")


def offenders(names: Iterable[str], check: Callable[[str], Any]) -> list[str]:
    """What a check says about each name that it fails for."""
    found = []
    for name in names:
        try:
            check(name)
        except Exception as error:
            found.append(f"{name}: {type(error).__name__}: {error}")
    return found


def targets(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "_target_" in node:
            yield node
        for value in node.values():
            yield from targets(value)
    elif isinstance(node, list):
        for item in node:
            yield from targets(item)


def check_targets(cfg: DictConfig) -> None:
    """Nothing is missing, everything may be made, and takes the arguments that it is given."""
    container = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    refuse_strange_targets(container)
    found = list(targets(container))
    assert found
    for node in found:
        # not all arguments: the program adds some when it calls, a network for instance
        given = {key: None for key in node if not str(key).startswith("_") and key not in RUN_KEYS}
        inspect.signature(get_method(node["_target_"])).bind_partial(**given)


def test_there_is_no_group_that_is_not_looked_at():
    groups = {file.parent.relative_to(CONF).as_posix() for file in CONF.rglob("*.yaml")} - {".", "hydra/help"}
    assert groups | {"tuning"} == {*PLAIN, *SIDE_BY_SIDE}


def test_every_option_composes_and_names_things_that_exist():
    def check(name: str) -> None:
        group, option = name.split("=")
        check_targets(of(option) if group == "experiment" else option_of(group, option))

    names = [f"{group}={option}" for group in (*PLAIN, "experiment") for option in chosen(group)]
    assert not offenders(names, check)
    check_targets(tasks())
    check_targets(methods())
    check_targets(composed("task=generic", "+method@methods=usar_ava_rows"))


def test_what_others_stand_on_is_none_by_itself():
    for group, names in BASES.items():
        assert names <= set(options(CONF, group))


def test_every_backbone_is_built():
    from piaa_lightning.models.backbones.factory import build_backbone

    def check(option: str) -> None:
        cfg = spec_of(option_of("backbone", option)).backbone
        assert set(cfg) == {"name", "weights", "size", "output", "layer", "frozen", "components", "options"}
        assert cfg.output == "pooled"
        outputs = {"pooled": None, "logits": {"nima": 10}.get(option, 1000)}
        for output, length in outputs.items():
            if (cfg.name, output) == ("small_cnn", "logits"):
                continue
            with torch.device("meta"), torch.no_grad():  # shapes alone: no weights are drawn
                backbone = build_backbone(cfg.name, None, 96, output=output, **cfg.options).eval()
                features = backbone(torch.zeros((1, 3, 96, 96), dtype=torch.uint8))
            assert features.shape == (1, length or backbone.features)
            said = re.search(r"with (\d+) features", (CONF / "backbone" / f"{option}.yaml").read_text())
            assert said is None or output == "logits" or int(said.group(1)) == backbone.features

    assert not offenders(chosen("backbone"), check)


def test_every_trainer_is_made():
    has = {"gpu": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}

    def check(option: str) -> None:
        cfg = option_of("trainer", option).trainer
        if not has.get(cfg.accelerator, True):
            return
        trainer = instantiate(cfg, logger=False, max_epochs=3, plugins=[])  # SLURM's cannot be made without SLURM
        assert trainer.max_epochs == 3
        assert trainer.num_devices == {"ddp_cpu": 2}.get(option, 1) or option in ("ddp", "fsdp", "slurm")

    assert not offenders(chosen("trainer"), check)


def test_processes_are_as_many_as_torchrun_or_slurm_started(monkeypatch):
    def trainer_of(name: str) -> DictConfig:
        return compose("config", [f"trainer={name}"]).trainer

    assert trainer_of("ddp_cpu").devices == 2
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert trainer_of("ddp_cpu").devices == 3
    monkeypatch.setenv("SLURM_NTASKS_PER_NODE", "8")
    monkeypatch.setenv("SLURM_JOB_NUM_NODES", "4")
    slurm = trainer_of("slurm")
    assert (slurm.devices, slurm.num_nodes, slurm.strategy) == (8, 4, "ddp")


def test_every_logger_is_made_in_the_runs_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")

    def check(option: str) -> None:
        if option == "none":
            assert option_of("logger", option).logger is None
        else:
            logger = instantiate(option_of("logger", option).logger, save_dir=str(tmp_path), name="run")
            assert Path(logger.save_dir) == tmp_path

    assert not offenders(chosen("logger"), check)


def test_every_callback_is_made():
    from pytorch_lightning import Callback

    def check(option: str) -> None:
        callbacks = [instantiate(callback) for callback in option_of("callbacks", option).callbacks.values()]
        assert all(isinstance(callback, Callback) for callback in callbacks)

    assert not offenders(chosen("callbacks"), check)


def test_several_callbacks_are_a_list():
    assert list(composed("callbacks=[channels_last,rich_progress]").callbacks) == ["channels_last", "progress"]
    assert composed().callbacks == {}


def test_every_head_scores():
    def check(option: str) -> None:
        head = instantiate(option_of("head", option).head)(6).eval()
        assert head(torch.randn(2, 6)).shape == (2,)

    assert not offenders(chosen("head"), check)


def test_every_database_has_a_reader_and_a_split_and_one_key_for_missing_images():
    """Also where it stands elsewhere, as ``databases.aesthetics`` does."""
    names = chosen("data")
    elsewhere = composed(*(f"+data@databases.{name}={name}" for name in names)).databases

    def check(name: str) -> None:
        for data in (option_of("data", name).data, elsewhere[name]):
            for made in (instantiate(data.reader), instantiate(data.split)):
                assert isinstance(made, partial)
                inspect.signature(made).bind(None)  # the root, or the table, is all that is missing
            assert instantiate(data.reader).keywords["max_missing"] == 0.01
            changed = OmegaConf.merge(data, {"max_missing": 0.25})
            assert instantiate(changed.reader).keywords["max_missing"] == 0.25

    assert not offenders(names, check)


def spec_of(cfg: DictConfig) -> RunSpec:
    """A run as the program reads it, which settles the backbone in place."""
    own = cfg.copy()
    OmegaConf.set_readonly(own, False)
    return RunSpec.of(own)


@cache
def extractor():
    """A backbone of the smallest kind."""
    from piaa_lightning.models.backbones.factory import build_backbone
    from piaa_lightning.models.feature_extractor import FeatureExtractor

    return FeatureExtractor(build_backbone("small_cnn", size=32, width=2, features=6))


def made(spec: RunSpec, task: TaskSpec):
    from piaa_lightning.pipeline.parts.build_model import untrained

    return untrained(spec, task, extractor())


def check_task(spec: RunSpec, task: TaskSpec) -> None:
    """Everything that a task names can be made and fits together, up to the data."""
    from piaa_lightning.tasks.pretraining import PretrainingTask

    module = instantiate(task.module)(network=made(spec, task))
    assert isinstance(module, PretrainingTask)
    assert module.configure_optimizers()  # every parameter has a rate, or this is a sentence
    for source in task.sources:
        assert source.validation is not None or task.in_step
        for view in filter(None, (source.dataset, source.validation)):
            inspect.signature(instantiate(view)).bind(None, None, "train", None, 0)


@cache
def task_specs() -> RunSpec:
    """A run whose methods stand on every task there is."""
    models = {name: {"label": name, "model": f"${{tasks.{name}}}", "evaluation": "images"} for name in chosen("task")}
    cfg = tasks().copy()
    OmegaConf.set_readonly(cfg, False)
    OmegaConf.set_struct(cfg, False)
    return spec_of(OmegaConf.merge(cfg, {"methods": models}))


def test_every_task_is_made():
    def check(name: str) -> None:
        task = task_specs().methods[name].model
        assert task.name == name
        for step in task.chain():
            check_task(task_specs(), step)

    assert not offenders(chosen("task"), check)


def test_every_method_is_made():
    from piaa_lightning.estimators.estimator import Estimator
    from piaa_lightning.estimators.trait_estimator import TraitEstimator
    from piaa_lightning.personalizers.personalizer import Personalizer

    def check(name: str) -> None:
        method = methods().methods[name]
        if method.get("estimator"):
            kind = {"images": Estimator, "traits": TraitEstimator}[method.evaluation]
            assert isinstance(instantiate(method.estimator), kind)
        elif "personalizer" in method:
            assert len(instantiate(method.personalizer).candidates()) >= 1
            assert isinstance(instantiate(method.personalizer), Personalizer)
        else:
            assert method.evaluation in ("images", "traits")

    assert not offenders(methods().methods, check)


def check_experiment(name: str) -> None:
    from piaa_lightning.evaluation.protocol import Protocol
    from piaa_lightning.models.network import ScoreNetwork

    spec = spec_of(of(name))
    assert spec.name == name
    for method in spec.methods.values():
        if method.estimator is not None:
            assert method.evaluation in ("images", "traits")
        elif method.personalizer is not None:
            assert len(instantiate(method.personalizer).candidates()) >= 1
        elif method.evaluation == "images":
            assert isinstance(made(spec, method.model), ScoreNetwork)
        else:
            assert callable(made(spec, method.model).traits)
            assert set(method.dataset) >= {"traits", "liked", "scaling"}, "users are evaluated as the task learnt them"
    for task in spec.tasks():
        check_task(spec, task)
    names = [task.name for task in spec.tasks()]
    assert len(set(names)) == len(names), "their checkpoints would overwrite each other"
    assert isinstance(instantiate(spec.protocol.test), Protocol)
    assert isinstance(instantiate(spec.protocol.validation), Protocol)


def test_every_experiment_can_be_made():
    assert not offenders(chosen("experiment"), check_experiment)


def test_every_experiment_names_databases_that_it_has():
    def check(name: str) -> None:
        spec = spec_of(of(name))
        named = {method.database for method in spec.methods.values()}
        named |= {source.database for task in spec.tasks() for source in task.sources}
        assert named - {None} <= set(spec.databases)
        assert set(spec.databases) <= named, "what is read is learnt from or evaluated on"

    assert not offenders(chosen("experiment"), check)


def test_every_experiment_compares_methods_that_it_has_and_labels_them_apart():
    def check(name: str) -> None:
        cfg = of(name)
        kinds = {key: method.get("evaluation", "users") for key, method in cfg.methods.items()}
        for one, other in cfg.comparisons:
            assert kinds[one] == kinds[other]
        labels = [(kinds[key], method.label) for key, method in cfg.methods.items()]
        assert len(set(labels)) == len(labels)
        if "users" in kinds.values():
            assert {"generic", "generic_affine", "random", "crowd"} <= set(cfg.methods), "tables need the control rows"

    assert not offenders(chosen("experiment"), check)


def test_one_method_against_fine_tuning():
    """What used to be an experiment for each method."""
    for name in ("gp", "head_only"):
        cfg = compose("config", ["experiment=personal", f"method={name}"])
        assert cfg.methods.personal == methods().methods[f"one_{name}"]
        assert cfg.methods.ba.model == cfg.task
        assert cfg.comparisons == [["personal", "generic"], ["personal", "ba"]]


def test_all_rows_of_a_table_train_like_its_task():
    cfg = compose(
        "config", ["experiment=ava_table", "task.epochs=3", "task.batch_size=7", "task.module.optimizer.lr=2"]
    )
    for task in cfg.tasks.values():
        assert (task.epochs, task.batch_size, task.module.optimizer.lr) == (3, 7, 2), task.name
        assert task.module.lr_by_part is None or task.name == "schwarz"
    space = cfg.tasks.schwarz.init_from  # what has to be learnt before its classifier
    assert (space.epochs, space.batch_size, space.module.optimizer.lr) == (3, 7, 2)


def test_what_is_called_differently_now_is_refused_with_what_to_type():
    def check(name: str) -> None:
        group, old = name.split("=")
        assert old not in options(CONF, group)
        with pytest.raises(Exception) as raised:  # noqa: PT011  # Hydra has no class for it
            compose("config", [f"+{name}" if group == "method" else name])
        now = RENAMED[group][old]
        assert explain(raised.value, [name]) == f"{name} is called differently now: {now}."
        for word in now.split():
            key, _, option = word.partition("=")
            assert option in options(CONF, key.partition("@")[0]) or "." in key, word

    assert not offenders((f"{group}={old}" for group, names in RENAMED.items() for old in names), check)
    assert compose("config", RENAMED_EXPERIMENTS["lora"].split()).methods.blg.personalizer.inner.layers == "added"
    assert (
        compose("config", RENAMED_EXPERIMENTS["metasgd_piaa"].split()).methods.blg.personalizer.inner.rule == "learned"
    )


def test_the_protocol_of_zhu_2020():
    cfg = of("blg_piaa")
    assert (list(cfg.shots), cfg.protocol.test.repeats) == ([10, 100], 10)
    assert cfg.protocol.test.seed != cfg.protocol.validation.seed
    learner = cfg.task.module.learner
    assert (cfg.task.dataset.support, cfg.task.dataset.query) == (80, 20)
    assert (list(learner.inner.betas), learner.inner.bias_correction, learner.reduce) == ([0.9, 0.9], False, "sum")
    # the talk's start is the pretrained backbone; the other's is the very network that BA-PIAA is tuned from
    assert cfg.methods.blg.model == cfg.task
    assert cfg.task.start == "pretrained"
    assert cfg.methods.blg_generic.model.start == "generic"
    assert cfg.methods.ba.model == cfg.task.init_from == cfg.methods.blg_generic.model.init_from
    for key in ("dataset", "module", "epochs", "batch_size", "validation"):
        assert cfg.methods.blg_generic.model[key] == cfg.task[key], key
    assert cfg.methods.blg.personalizer == cfg.methods.blg_generic.personalizer == cfg.methods.ba.personalizer
    assert (list(cfg.task.validation.shots), cfg.task.validation.draws) == ([10, 100], 2)


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
        ("optimizer=adam", r"^optimizer: there is no such key"),
        ("seed=abc", r"abc"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_it(override, sentence):
    with pytest.raises(Exception) as raised:  # noqa: PT011  # Hydra and OmegaConf have no class in common
        composed(override)
    told = explain(raised.value, [override])
    assert "\n" not in told
    assert re.search(sentence, told), told


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"steps": [-1]},
            r"^methods\.ba\.personalizer\.steps=-1: there are no negative steps; 0 is the prior itself\.$",
        ),
        ({"precision": "half"}, r"^methods\.ba\.personalizer\.precision=half: take one of"),
        ({"lr_multipliers": []}, r"^methods\.ba\.personalizer\.lr_multipliers=\[\]: give at least one\.$"),
    ],
)
def test_an_argument_that_the_library_refuses_is_named_by_its_key(changes, sentence):
    cfg = copy.deepcopy(composed("experiment=ba_piaa"))
    OmegaConf.set_readonly(cfg, False)
    cfg.methods.ba.personalizer.update(changes)
    with pytest.raises(Exception) as raised:  # noqa: PT011  # Hydra's own, around ours
        instantiate(cfg.methods.ba.personalizer)
    assert re.search(sentence, explain(raised.value, []))


def test_a_task_that_is_made_later_names_its_key_too():
    cfg = composed("experiment=pa_iaa", "task.init_from.module.balance=both")
    sentence = r"^task\.module\.balance=both: choose one of alternate, sum\.$"
    with pytest.raises(UserError, match=sentence), at_key("task.module"):
        instantiate(cfg.task.init_from.module)(network=torch.nn.Linear(1, 1))
