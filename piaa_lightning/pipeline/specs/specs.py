"""Typed descriptions of a run, its methods and its tasks, made once of the composed configuration.

What is below `pipeline.run` asks these instead of searching the configuration. Mistakes in them are told here, each in
one sentence with the key, before anything is read. This module imports no torch, so that it is quick to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from omegaconf import DictConfig, ListConfig

from piaa_lightning.errors import UserError, at_key
from piaa_lightning.metrics.registry import Chosen, chosen
from piaa_lightning.pipeline.specs.backbone_config import settle_backbone
from piaa_lightning.pipeline.specs.choose_metrics import metric_names
from piaa_lightning.pipeline.specs.spec_reader import SpecReader, full_key
from piaa_lightning.pipeline.specs.starts import read_start, refuse_word
from piaa_lightning.runtime.choices import check_choice

EVALUATIONS = ("images", "traits")
PARTS = ("test", "val")
Held = Literal["test", "val"]


@dataclass(frozen=True, eq=False)
class SourceSpec:
    """One database that a task learns from.

    Args:
        name: of several in step; empty where there is one alone.
        database: a name below ``databases``; None is the main one.
        dataset: what makes the training dataset of it.
        validation: what makes the dataset on which the best epoch is chosen; None chooses on another source.
    """

    name: str
    database: str | None
    dataset: DictConfig
    validation: DictConfig | None


@dataclass(frozen=True, eq=False)
class TaskSpec:
    """What trains one model. Two tasks are the same where they are the same object.

    Args:
        key: where it stands in the configuration, for instance ``task.init_from``.
        name: of its curves and checkpoints.
        label: as tables call a method that starts from it.
        epochs: 0 trains nothing.
        keep: which epoch is kept, ``best`` on validation or ``last``.
        candidates_include_start: whether what training starts from may be the best.
        batch_size: images or users in a step.
        module: what makes its LightningModule.
        sources: what it learns from, one or several in step.
        init_from: the task whose trained network it goes on from; None where ``start`` says otherwise.
        start: where training starts: ``generic`` (from ``init_from``), ``pretrained``, ``none``, or empty where nothing
            was said and there is no other task.
        weights: a file of the trained network, instead of training it.
        network: what makes the network; None is a scored image.
        head: of its own; None is the run's.
        extend: what is added to the network that it starts from.
        config: all of it, as composed.
    """

    key: str
    name: str
    label: str
    epochs: int
    keep: str
    candidates_include_start: bool
    batch_size: int
    module: DictConfig
    sources: tuple[SourceSpec, ...]
    init_from: TaskSpec | None
    start: str
    weights: Path | None
    network: DictConfig | None
    head: DictConfig | None
    extend: DictConfig | None
    config: DictConfig

    def chain(self) -> Iterator[TaskSpec]:
        """Yield this task, the one that it is initialised from, and so on."""
        task: TaskSpec | None = self
        while task is not None:
            yield task
            task = task.init_from

    @property
    def in_step(self) -> bool:
        """Whether it learns from several named sources at once."""
        return bool(self.sources[0].name)


@dataclass(frozen=True, eq=False)
class MethodSpec:
    """One row of a table.

    Args:
        key: its name below ``methods``.
        label: as tables call it.
        model: the task that trains what it starts from.
        control: whether it is there for other rows to be read by.
        auxiliary: tasks of further models, by what they are for.
        personalizer: what fits users; None where everybody is evaluated alike.
        support: what chooses a user's images; None draws them.
        evaluation: images or traits; None evaluates users.
        database: that it is evaluated on, a name below ``databases``; None is the main one.
        threshold: the output above which it calls an image good; None where outputs are scores.
        dataset: how its task saw traits.
        estimator: what is fitted to training images, or to what training users like, instead of a network.
        config: all of it, as composed.
    """

    key: str
    label: str
    model: TaskSpec | None
    control: bool
    auxiliary: Mapping[str, TaskSpec]
    personalizer: DictConfig | None
    support: DictConfig | None
    evaluation: str | None
    database: str | None
    threshold: float | None
    dataset: DictConfig | None
    estimator: DictConfig | None
    config: DictConfig

    def models(self) -> list[TaskSpec]:
        """Return the tasks whose models it stands on, its own first."""
        return [task for task in (self.model, *self.auxiliary.values()) if task is not None]


@dataclass(frozen=True, eq=False)
class RunSpec:
    """One run.

    Args:
        name: names its directory.
        seed: moves initial weights and the order of training.
        shots: support sizes, ascending.
        metric_names: of what is computed, see `metrics.registry.chosen`.
        evaluate_on: the part whose users and images are evaluated.
        methods: what is evaluated, by key.
        task: the run's own task, which most methods name.
        comparisons: pairs of keys of methods.
        cache: directory of everything that is kept between runs.
        resume: whether it may go on where an earlier run was cut off.
        reuse_models: whether a model that was trained before in just the same way is taken.
        checkpoint_steps: steps after which training is kept within an epoch.
        on_nan: what happens where a gradient is not finite.
        on_shared_photos: refuse or drop.
        data: the main database.
        databases: others, by name.
        backbone: what images are seen through.
        head: of networks whose task has none of its own.
        protocol: for test and validation users.
        trainer: Lightning's.
        callbacks: of Lightning's trainer, by name.
        logger: what makes Lightning's logger; None for none.
        config: all of it, as composed: what a run writes down.
    """

    name: str
    seed: int
    shots: tuple[int, ...]
    metric_names: tuple[str, ...]
    evaluate_on: Held
    methods: Mapping[str, MethodSpec]
    task: TaskSpec
    comparisons: tuple[tuple[str, str], ...]
    cache: Path
    resume: bool
    reuse_models: bool
    checkpoint_steps: int | None
    on_nan: str
    on_shared_photos: str
    data: DictConfig
    databases: Mapping[str, DictConfig]
    backbone: DictConfig
    head: DictConfig
    protocol: DictConfig
    trainer: DictConfig
    callbacks: DictConfig
    logger: DictConfig | None
    config: DictConfig

    @classmethod
    def of(cls, cfg: DictConfig) -> RunSpec:
        """Read the composed configuration.

        Args:
            cfg: with all groups; see `cli.configuration.schema.RunKeys`.

        Raises:
            UserError: a key that methods or tasks do not have, one that is missing, or a value of another type.
        """
        if cfg.evaluate_on not in PARTS:
            raise UserError(
                f"evaluate_on={cfg.evaluate_on}: methods are evaluated on test or val, the users and images held out."
            )
        if cfg.on_shared_photos not in ("refuse", "drop"):
            raise UserError(f"on_shared_photos={cfg.on_shared_photos}: choose refuse or drop.")
        settle_backbone(cfg)
        check_choice("recipe", str(cfg.recipe), tuple(map(str, cfg.recipes)))
        tasks = _Tasks()
        methods = {str(key): _method(str(key), cfg.methods, tasks) for key in cfg.methods}
        _refuse_namesakes(methods)
        return cls(
            name=str(cfg.name),
            seed=int(cfg.seed),
            shots=shots_of(cfg.shots),
            metric_names=tuple(metric_names(cfg)),
            evaluate_on=cfg.evaluate_on,
            methods=methods,
            task=tasks.of(cfg.task),
            comparisons=_pairs(cfg.comparisons),
            cache=Path(str(cfg.paths.cache)).expanduser(),
            resume=cfg.resume is not None,
            reuse_models=bool(cfg.reuse_models),
            checkpoint_steps=cfg.checkpoint_steps,
            on_nan=str(cfg.on_nan),
            on_shared_photos=str(cfg.on_shared_photos),
            data=cfg.data,
            databases={str(name): cfg.databases[name] for name in cfg.databases},
            backbone=cfg.backbone,
            head=cfg.head,
            protocol=cfg.protocol,
            trainer=cfg.trainer,
            callbacks=cfg.callbacks,
            logger=cfg.logger or None,
            config=cfg,
        )

    @property
    def metrics(self) -> Chosen:
        """What is computed of users, images and traits; a name with dots is imported here and not before."""
        return chosen(self.metric_names)

    def models(self) -> list[TaskSpec]:
        """Return the tasks whose models some method stands on, each once."""
        return list(dict.fromkeys(task for method in self.methods.values() for task in method.models()))

    def tasks(self) -> list[TaskSpec]:
        """Return every task that the run may train, those that others start from included, each once."""
        return list(dict.fromkeys(step for task in self.models() for step in task.chain()))


def shots_of(value: Any) -> tuple[int, ...]:
    """Return the support sizes, ascending.

    Args:
        value: one number or a list of them.

    Raises:
        UserError: not whole numbers from 0.

    Example:
        >>> shots_of([100, 10, 10])
        (10, 100)
    """
    given = list(value) if isinstance(value, list | ListConfig) else [value]
    if not given or any(isinstance(k, bool) or not isinstance(k, int) or k < 0 for k in given):
        raise UserError(f"shots={value}: give one whole number from 0 or a list of them, for instance shots=[10,100].")
    return tuple(sorted({int(k) for k in given}))


class _Tasks:
    """Makes one spec of each task, however many methods and tasks name it."""

    KEYS = (*(field.name for field in fields(TaskSpec) if field.name not in ("key", "config")),)
    OWN = ("database", "dataset", "validation")  # of a task that learns from one database alone

    def __init__(self) -> None:
        self.made: dict[str, TaskSpec] = {}

    def of(self, config: DictConfig) -> TaskSpec:
        key = full_key(config)
        if key not in self.made:
            self.made[key] = self._read(key, config)
        return self.made[key]

    def _read(self, key: str, config: DictConfig) -> TaskSpec:
        read = SpecReader(config, key, "tasks", (*self.KEYS, *self.OWN))
        weights = read.text("weights", None)
        refuse_word(read)
        before = read.part("init_from", None)
        start = read_start(read, before is not None)
        before = before if start == "generic" else None
        keep = read.text("keep", "best")
        with at_key(key):
            check_choice("keep", keep, ("best", "last"))
        return TaskSpec(
            key=key,
            name=read.text("name"),
            label=read.text("label"),
            epochs=read.whole("epochs", least=0),
            keep=keep,
            candidates_include_start=read.flag("candidates_include_start", keep == "best" and before is not None),
            batch_size=read.whole("batch_size", least=1),
            module=read.part("module"),
            sources=_sources(read),
            init_from=None if before is None else self.of(before),
            start=start,
            weights=None if weights is None else Path(weights).expanduser(),
            network=read.part("network", None),
            head=read.part("head", None),
            extend=read.part("extend", None),
            config=config,
        )


def _sources(task: SpecReader) -> tuple[SourceSpec, ...]:
    several = task.part("sources", None)
    if several is None:
        database, validation = task.text("database", None), task.part("validation", None)
        return (SourceSpec("", database, task.part("dataset"), validation),)
    found = []
    for name in map(str, several):
        key = f"{task.key}.sources.{name}"
        read = SpecReader(several[name], key, "sources", _Tasks.OWN)
        found.append(SourceSpec(name, read.text("database", None), read.part("dataset"), read.part("validation", None)))
    if not found:
        raise UserError(f"{task.key}.sources: name at least one, or null for a task that learns from one database.")
    return tuple(found)


def _method(key: str, methods: DictConfig, tasks: _Tasks) -> MethodSpec:
    names = [field.name for field in fields(MethodSpec) if field.name not in ("key", "config")]
    read = SpecReader(methods[key], f"methods.{key}", "methods", names)
    model, auxiliary = read.part("model", None), read.part("auxiliary", None)
    evaluation, personalizer = read.text("evaluation", None), read.part("personalizer", None)
    estimator = read.part("estimator", None)
    if evaluation is not None and evaluation not in EVALUATIONS:
        raise UserError(
            f"methods.{key}.evaluation={evaluation}: choose one of {', '.join(EVALUATIONS)}, or give a personalizer."
        )
    if evaluation is None and personalizer is None:
        raise UserError(
            f"methods.{key}: give a personalizer, which fits users, or an evaluation of {' or '.join(EVALUATIONS)}."
        )
    if estimator is not None and evaluation is None:
        raise UserError(
            f"methods.{key}.evaluation={evaluation}: an estimator predicts images or users' traits; set it to"
            f" {' or '.join(EVALUATIONS)}."
        )
    return MethodSpec(
        key=key,
        label=read.text("label"),
        model=None if model is None else tasks.of(model),
        control=read.flag("control", False),
        auxiliary={} if auxiliary is None else _named(auxiliary, tasks),
        personalizer=personalizer,
        support=read.part("support", None),
        evaluation=evaluation,
        database=read.text("database", None),
        threshold=read.number("threshold", None),
        dataset=read.part("dataset", None),
        estimator=estimator,
        config=methods[key],
    )


def _refuse_namesakes(methods: Mapping[str, MethodSpec]) -> None:
    """Stop at two rows of users that tables and records could not tell apart."""
    known: dict[str, str] = {}
    for key, method in methods.items():
        if method.evaluation is None:
            other = known.setdefault(method.label, key)
            if other != key:
                raise UserError(
                    f"methods.{other} and methods.{key} are both called {method.label}; give one another label, or"
                    f" leave it out with ~methods.{key}."
                )


def _named(auxiliary: DictConfig, tasks: _Tasks) -> dict[str, TaskSpec]:
    """Return the tasks that are there; one may be null where an experiment has no such task."""
    return {str(name): tasks.of(task) for name, task in auxiliary.items() if task is not None}


def _pairs(comparisons: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    found = []
    for pair in comparisons:
        if isinstance(pair, str) or len(pair) != 2:
            raise UserError(f"comparisons: {pair} is no pair; give pairs of keys of methods, [[a,b],[a,c]].")
        found.append((str(pair[0]), str(pair[1])))
    return tuple(found)
