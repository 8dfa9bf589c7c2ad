"""The schema of a run's keys: where the configuration lies, and one sentence for a mistake in a key."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from math import prod
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError

from piaa_lightning.cli.configuration.config_dir import config_dir as config_dir
from piaa_lightning.cli.configuration.families import options, register_families
from piaa_lightning.cli.configuration.overrides import quote
from piaa_lightning.cli.configuration.renamed import new_name
from piaa_lightning.cli.configuration.renamed_experiments import now_called
from piaa_lightning.errors import AboutArgumentError, UserError
from piaa_lightning.photos.schema import CoverKeys, CropKeys, ExportKeys, WebKeys
from piaa_lightning.pipeline.specs.backbone_config import recipe_of_backbone
from piaa_lightning.runtime.choices import did_you_mean
from piaa_lightning.runtime.files.foreign_yaml import read_foreign_yaml

MOST_JOBS = 10_000  # of a sweep that are listed
START_WORDS = {"pretrained": "from pretrained", "generic": "from generic", "none": "from nothing"}  # in labels
SWEEP_EXTRA = "pip install 'piaa-lightning[sweep]'"
PLUGINS = {
    ("hydra/launcher", "joblib"),
    ("hydra/launcher", "submitit_local"),
    ("hydra/launcher", "submitit_slurm"),
    ("hydra/sweeper", "optuna"),
    ("hydra/sweeper/sampler", "tpe"),
}


@dataclass
class CheckKeys:
    """What ``mode=check`` looks at.

    Args:
        decode: whether images are opened at all.
        sample: how many images are opened; all by default.
    """

    decode: bool = True
    sample: int | None = None


@dataclass
class ReportKeys:
    """What the report shows beside tables.

    Args:
        users: test users whose best and worst images and predicted scores are shown; 0 shows none.
        maps: gradient maps, an image taking one for the prior and one for each of two users; null draws 12 where
            captum is installed and none otherwise.
    """

    users: int = 4
    maps: int | None = None


@dataclass
class CollectKeys:
    """What ``mode=collect`` puts into one table.

    Args:
        runs: the directory of a sweep, or one that holds several runs.
        into: where tables and page are written; the same directory by default.
    """

    runs: str | None = None
    into: str | None = None


@dataclass
class WorkspaceKeys:
    """Where ``mode=workspace`` puts a study's workspace in Weights & Biases.

    Args:
        entity: the user or team that owns the project.
    """

    entity: str | None = None


@dataclass
class RunKeys:
    """The keys of a run that are not groups; Hydra refuses others and values of another type.

    Args:
        mode: what is done: run; check the database; collect runs into one table; make a workspace; export a prior;
            adapt, predict, cover, crop or web on images.
        name: of the run; names its directory.
        seed: moves initial weights and the order of training, never the splits.
        shots: one support size or a list of them.
        recipe: by which of ``recipes`` networks are trained and users are fitted: small, pretrained, talk or authors;
            by default pretrained where the backbone has weights and moves, else small.
        recipes: what each says: rates, epochs, batches, heads, and the grid for new users.
        init_from: where learners start: pretrained, the backbone's weights and a random head; generic, what the task
            below ``task.init_from`` has learnt from average scores; none, random weights everywhere.
        metrics: what is computed: usual stands for the usual ones at each level (SROCC of users; ACC, SROCC, PLCC and
            EMD of images; SROCC and RMSE of traits), and mae, kendall_tau, ... add to them; SROCC is always among them.
        resume: auto goes on with a run of the same configuration that was cut off, or begins one where there is none;
            the directory of a run goes on with that one.
        checkpoint_steps: steps after which the state of training is kept within an epoch; after every epoch it always
            is.
        on_nan: what happens where a gradient is not finite: stop, with the batch in a file, or skip the step.
        reuse_models: whether a prior that was trained before in just the same way is taken from the cache.
        comparisons: pairs of methods (keys of ``methods``) that are compared, paired over users and splits.
        methods: what is evaluated, by key: label, prior (a task or null), control (true for rows that others are read
            by), auxiliary (further tasks by name), and a personalizer that fits users (with `support`, how their images
            are chosen; at random without it), or an evaluation (images or traits) with the name of a database (null is
            the main one) and, where no network is evaluated as it is, an estimator that is fitted to training images or
            to what training users like.
        method: the method of ``experiment=personal``, for instance ridge.
        databases: what tasks learn from beside ``data``, by name.
        tasks: further tasks, by name, that methods take their priors from beside `task`.
        on_shared_photos: what happens where an image that one database is evaluated on lies in another that is learnt
            from: refuse, or drop it from what is learnt.
        check: what ``mode=check`` looks at.
        evaluate_on: which held-out users and images methods are evaluated on: test, or val, which searches for
            settings take.
        report: what the report shows beside tables.
        collect: what ``mode=collect`` puts into one table.
        workspace: where ``mode=workspace`` puts a study's workspace in Weights & Biases.
        study: the study that a run is part of; groups runs in W&B.
        skip_finished: whether a job of a sweep that an earlier sweep has finished in just the same way is taken over.
        photos: the folder of one's own images.
        all_folders: whether folders below it are looked into that programs keep for themselves, @eaDir for instance.
        ratings: a csv file with the columns image,score, or ``stars`` for those in EXIF and XMP data.
        rating_scale: the worst and the best score of that file; one to five by default.
        prior: a published prior, by its directory or its id on the hub; None is that of the embedded images.
        person: a personal file, which ``mode=adapt`` writes and the others read.
        why: whether ``mode=predict`` says of each image why it stands where it stands.
        group: whether it shows of bursts and near-duplicates the best alone.
        cover: what ``mode=cover`` chooses.
        crop: what ``mode=crop`` looks for.
        export: what ``mode=export`` publishes.
        web: how ``mode=web`` serves its page.
        command: what was typed; filled in by the program.
    """

    mode: str = "run"
    name: str = "run"
    seed: int = 0
    shots: Any = field(default_factory=lambda: [10, 100])
    recipe: Any = "small"
    recipes: dict[str, Any] = field(default_factory=dict)
    init_from: str | None = "generic"
    metrics: Any = field(default_factory=lambda: ["usual"])
    resume: str | None = None
    checkpoint_steps: int | None = None
    on_nan: str = "stop"
    reuse_models: bool = True
    comparisons: list[Any] = field(default_factory=list)
    methods: dict[str, Any] = field(default_factory=dict)
    method: Any = None
    databases: dict[str, Any] = field(default_factory=dict)
    on_shared_photos: str = "refuse"
    tasks: dict[str, Any] = field(default_factory=dict)
    check: CheckKeys = field(default_factory=CheckKeys)
    evaluate_on: str = "test"
    report: ReportKeys = field(default_factory=ReportKeys)
    collect: CollectKeys = field(default_factory=CollectKeys)
    workspace: WorkspaceKeys = field(default_factory=WorkspaceKeys)
    study: str | None = None
    skip_finished: bool = True
    photos: str | None = None
    all_folders: bool = False
    ratings: str | None = None
    rating_scale: list[float] | None = None
    prior: str | None = None
    person: str | None = None
    why: bool = False
    group: bool = False
    cover: CoverKeys = field(default_factory=CoverKeys)
    crop: CropKeys = field(default_factory=CropKeys)
    export: ExportKeys = field(default_factory=ExportKeys)
    web: WebKeys = field(default_factory=WebKeys)
    command: str = ""
    data: Any = MISSING
    protocol: Any = MISSING
    backbone: Any = MISSING
    head: Any = MISSING
    task: Any = MISSING
    trainer: Any = MISSING
    logger: Any = None
    callbacks: Any = field(default_factory=dict)
    paths: Any = MISSING


def register() -> None:
    """Tell Hydra the schema and resolvers; may be called more than once."""
    OmegaConf.register_new_resolver("modulo", lambda number, count: int(number) % max(1, int(count)), replace=True)
    OmegaConf.register_new_resolver("start_words", lambda start: START_WORDS.get(str(start), ""), replace=True)
    OmegaConf.register_new_resolver("from_generic", _from_generic, replace=True)
    OmegaConf.register_new_resolver("recipe_of_backbone", recipe_of_backbone, replace=True)
    ConfigStore.instance().store(name="run_keys", node=RunKeys)
    register_families(config_dir())


def _from_generic(label: str) -> str:
    """Name the same learner from the generic network."""
    said = next((words for words in START_WORDS.values() if label.endswith(words)), "")
    return f"{label.removesuffix(said).strip()} {START_WORDS['generic']}"


def jobs_of(sweep: Path) -> list[tuple[str, ...]]:
    """List the jobs of a sweep from the ``multirun.yaml`` that Hydra leaves, each as its overrides.

    Searches choose their jobs as they go, so nothing can be listed for them. The file may be of somebody else: it is
    read as text, in which nothing is looked up (``${oc.env:...}`` stays that), and ranges are counted before they are
    listed.

    Raises:
        UserError: it cannot be read, or stands for more jobs than anybody runs.
    """
    hydra = _mapping(_mapping(read_foreign_yaml(sweep)).get("hydra"))
    sweeper, overrides = _mapping(hydra.get("sweeper")), _mapping(hydra.get("overrides"))
    target = sweeper.get("_target_")  # text alone: to write out what a few aliases stand for may take for ever
    if not isinstance(target, str) or not target.endswith("BasicSweeper"):
        return []
    params = _mapping(sweeper.get("params"))
    given = [f"{key}={value}" for key, value in params.items() if isinstance(value, str | int | float)]
    task = overrides.get("task")
    try:
        told = [word for word in task if isinstance(word, str)] if isinstance(task, list) else []
        parsed = OverridesParser.create().parse_overrides([*given, *told])
        values = [
            list(islice(override.sweep_string_iterator(), MOST_JOBS + 1))
            if override.is_sweep_override()
            else [override.get_value_element_as_str()]
            for override in parsed
        ]
    except (HydraException, RecursionError) as error:
        raise UserError(
            f"{sweep} cannot be read ({' '.join(str(error).split())[:200]}); correct or remove it."
        ) from error
    if prod(map(len, values)) > MOST_JOBS:
        raise UserError(f"{sweep}: it stands for more than {MOST_JOBS} jobs; collect the directories of single runs.")
    keys = [override.get_key_element() for override in parsed]
    return [tuple(f"{key}={value}" for key, value in zip(keys, job, strict=True)) for job in product(*values)]


def _mapping(told: Any) -> dict[Any, Any]:
    return told if isinstance(told, dict) else {}


def refuse_dangling(cfg: DictConfig) -> None:
    """Stop where a key takes its value from another that the chosen options lack.

    Raises:
        UserError: there is such a key, for instance the bins of distributions with a head of one score.
    """
    try:
        OmegaConf.to_container(cfg, resolve=True)
    except InterpolationKeyError as error:
        found = re.search(r"Interpolation key '([^']+)'", str(error))
        raise UserError(
            f"{error.full_key} takes its value from {found.group(1) if found else 'a key'}, which is not there; choose"
            " options that have it (head.bins: head=distribution)."
        ) from error


def explain(error: Exception, arguments: Sequence[str]) -> str:
    """Say in one sentence what is wrong with the command line.

    Args:
        error: what Hydra or OmegaConf raised.
        arguments: the command line's arguments.
    """
    cause: BaseException = error
    while cause.__cause__ is not None:  # the innermost says what is wrong, the others where Hydra was
        cause = cause.__cause__
    text = " ".join(f"{error} {cause}".split())
    if isinstance(cause, UserError):  # of a thing that the configuration names; Hydra says at which key
        keys = re.findall(r"full_key: (\S+)", str(error))
        return str(cause.under(keys[-1]) if keys and isinstance(cause, AboutArgumentError) else cause)
    if found := re.search(r"Could not find '([\w/]+)/([^'/]+)'", text):
        group, value = found.groups()
        if (group, value) in PLUGINS:
            return f"{group}={value} needs a plug-in that is not installed: {SWEEP_EXTRA}."
        if now := now_called(group, value):
            return f"{group}={value} is called differently now: {now}."
        choices = options(config_dir(), group)
        meant = did_you_mean(value, choices)
        return f"{group}={value}: there is no such {group}; choose one of {', '.join(choices)}{meant}."
    if isinstance(error, OverrideParseException) and "=" in error.override:
        key, value = error.override.split("=", 1)
        typed = shlex.quote(f"{key}={quote(value)}")
        return f"{key}={value}: this value cannot be read; where it is meant as a text, quote it: {typed}"
    if found := re.search(r"Could not override '([^']+)'", text) or re.search(r"Key '([^']+)' (?:is )?not in", text):
        key = str(getattr(error, "full_key", None) or found.group(1))
        if (now := new_name(key, missing=True)) is not None:
            return f"{key} is called {now} now."
        meant = did_you_mean(key, _known_keys())
        return f"{key}: there is no such key{meant}; `python -m piaa_lightning --help` lists them."
    given = f" (given: {' '.join(arguments)})" if arguments else ""
    return f"The configuration cannot be composed: {text}{given}"


def _known_keys() -> list[str]:
    groups = [entry.name for entry in config_dir().iterdir() if entry.is_dir()]
    return sorted({*groups, *RunKeys.__dataclass_fields__})
