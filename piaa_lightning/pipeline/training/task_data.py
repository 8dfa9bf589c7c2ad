"""Serve a task the databases that it learns from."""

from __future__ import annotations

import pytorch_lightning as pl
from hydra.utils import instantiate

from piaa_lightning.datamodules.task_data import RatingsModule, SourcesModule
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import RunSpec, SourceSpec, TaskSpec
from piaa_lightning.runtime.distributed import world_size


def task_data(spec: RunSpec, task: TaskSpec, databases: Databases, patches: int) -> pl.LightningDataModule:
    """Return what a task learns from.

    Args:
        spec: of the run.
        task: one source, or several in step.
        databases: opened.
        patches: of an image, as many as the task's network looks at; 0 for whole images.

    Raises:
        UserError: a database is smaller than one batch, lacks what the task needs, or holds out nothing to validate on.
    """
    served = {source.name: _served(spec, task, source, databases, patches) for source in task.sources}
    return SourcesModule(served) if task.in_step else next(iter(served.values()))


def names_of(task: TaskSpec, databases: Databases) -> str:
    """Name the databases that a task learns from."""
    return " and ".join(databases.get(source.database).name for source in task.sources)


def trait_names(task: TaskSpec | None, databases: Databases) -> tuple[str, ...]:
    """Name the traits that a task, or one that it starts from, learnt to predict; empty where none did."""
    for step in () if task is None else task.chain():
        for source in step.sources:
            if "traits" in source.dataset:  # as datasets of users with traits have it, null for all
                return tuple(source.dataset.traits or databases.get(source.database).table.trait_names)
    return ()


def _served(spec: RunSpec, task: TaskSpec, source: SourceSpec, databases: Databases, patches: int) -> RatingsModule:
    data = databases.get(source.database)
    config = spec.data if source.database is None else spec.databases[source.database]
    return RatingsModule(
        data.table,
        data.split,
        data.inputs.with_patches(patches),
        instantiate(source.dataset),
        2 * world_size() if spec.trainer.fast_dev_run else task.batch_size,  # enough to see whether it runs
        spec.seed,
        spec.data.workers,
        None if source.validation is None else instantiate(source.validation),
        cut_batches=config.root is None and config.size == "tiny",  # which holds fewer images than a usual batch
    )
