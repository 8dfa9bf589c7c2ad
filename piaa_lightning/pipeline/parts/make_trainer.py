"""Lightning's trainer for one task: the composed trainer, with what this task cannot have refused or done otherwise."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, cast

import pytorch_lightning as pl
from hydra.utils import get_class, instantiate
from omegaconf import DictConfig
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger, WandbLogger

from piaa_lightning.callbacks.clip_own_steps import ClipOwnSteps
from piaa_lightning.callbacks.finite_steps import FiniteSteps
from piaa_lightning.callbacks.keep_last import KeepLast
from piaa_lightning.callbacks.kept_epoch import KeptEpoch
from piaa_lightning.errors import UserError, at_key
from piaa_lightning.pipeline.specs.specs import RunSpec, TaskSpec
from piaa_lightning.runtime.files.checkpoints import WholeCheckpoints
from piaa_lightning.tasks.meta import MetaTask
from piaa_lightning.tasks.pretraining import MONITOR, PretrainingTask

log = logging.getLogger(__name__)


def sharded(trainer: DictConfig) -> bool:
    """Whether every process holds a part of the parameters."""
    return "fsdp" in str(trainer.strategy).lower()


def refuse_sharding(spec: RunSpec) -> None:
    """Stop before anything is trained where parameters would be spread over processes that each need all of them.

    Raises:
        UserError: a sharding strategy, and a task that takes its steps by itself.
    """
    if not sharded(spec.trainer):
        return
    for task in spec.tasks():
        if cast(type[PretrainingTask], get_class(task.module._target_)).steps_itself:
            raise UserError(
                f"trainer.strategy={spec.trainer.strategy}: {task.name} moves the parameters itself and needs all of"
                " them in every process, and fsdp leaves each only a part; take trainer=ddp."
            )


def make_trainer(
    spec: RunSpec, task: TaskSpec, module: PretrainingTask, logger: Logger | bool, directory: Path, key: str
) -> tuple[pl.Trainer, ModelCheckpoint]:
    """Return a trainer, and the callback that knows the kept epoch in the end.

    Args:
        spec: of the run.
        task: of the module.
        module: made of it.
        logger: receives the curves; False for none.
        directory: of the task's checkpoints.
        key: of the model.
    """
    with at_key(task.key):
        best = KeptEpoch(directory, module.prefix + MONITOR, task.keep, task.candidates_include_start)
    callbacks: list[pl.Callback] = [instantiate(callback) for callback in spec.callbacks.values()]
    options: dict[str, Any] = {"num_sanity_val_steps": -1} if task.candidates_include_start else {}
    if module.steps_itself:  # Lightning clips and accumulates for other tasks alone
        if spec.trainer.gradient_clip_val is not None:
            callbacks.append(ClipOwnSteps(spec.trainer.gradient_clip_val, spec.trainer.gradient_clip_algorithm))
        if spec.trainer.accumulate_grad_batches != 1:
            log.info("%s takes its steps by itself, one for each batch: nothing is accumulated", task.name)
        options |= {"gradient_clip_val": None, "accumulate_grad_batches": 1}
    if module.leaves_parameters_out and spec.trainer.strategy == "ddp":
        options["strategy"] = "ddp_find_unused_parameters_true"
    trainer: pl.Trainer = instantiate(
        spec.trainer,
        max_epochs=spec.trainer.max_epochs or task.epochs,
        logger=logger,
        callbacks=[
            FiniteSteps(spec.on_nan, directory / "not_finite.pt"),
            *callbacks,
            best,
            KeepLast(directory, key, spec.checkpoint_steps),
        ],
        plugins=[
            *instantiate(spec.trainer.plugins),
            *([] if sharded(spec.trainer) else [WholeCheckpoints()]),
        ],  # fsdp has its own
        default_root_dir=directory.parent,
        **options,
    )
    if isinstance(logger, WandbLogger) and isinstance(module, MetaTask):  # curves over users visited
        logger.experiment.define_metric(f"{module.prefix}*", step_metric=f"{module.prefix}users")
    return trainer, best
