"""One run: open the data, train the models, evaluate the methods, write the records."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from pytorch_lightning.loggers import Logger
from torch import nn

from piaa_lightning.errors import MissingLabelsError
from piaa_lightning.pipeline.evaluating.evaluate_methods import (
    evaluate_methods,
    protocols,
    refuse_impossible,
    refuse_other_estimator,
)
from piaa_lightning.pipeline.evaluating.show_users import number_of_maps
from piaa_lightning.pipeline.parts.build_model import build_extractor, refuse_start
from piaa_lightning.pipeline.parts.make import make, refuse_impossible_steps, refuse_unknown_arguments
from piaa_lightning.pipeline.parts.make_trainer import refuse_sharding
from piaa_lightning.pipeline.parts.open_data import Databases, module_arguments
from piaa_lightning.pipeline.specs.argument_kinds import refuse_wrong_kinds
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.pipeline.training.train_models import ModelTrainer
from piaa_lightning.pipeline.writing.log_run import log_configuration
from piaa_lightning.pipeline.writing.sweep_jobs import run_key
from piaa_lightning.pipeline.writing.write_run import write_run
from piaa_lightning.runtime.allocator import keep_freed_memory
from piaa_lightning.runtime.devices import device_of
from piaa_lightning.runtime.distributed import process_index
from piaa_lightning.runtime.processes import processes
from piaa_lightning.runtime.quiet import quiet_libraries
from piaa_lightning.runtime.run_directory import run_directory

SMALL = 1_000_000  # parameters
EVALUATED = "evaluated"  # what was evaluated so far, below the run's directory until it is finished
# Groups of the configuration that things are made of; tasks go before the methods that name them.
MADE = ("task", "tasks", "methods", "protocol", "head", "trainer", "callbacks", "logger")


def run(spec: RunSpec, directory: Path) -> float | None:
    """Do one run.

    Args:
        spec: of the run.
        directory: where the run is written.

    Returns:
        What a search is after: mean SROCC of the first method on validation users; None where test users are evaluated.

    Raises:
        UserError: whatever a user can mend.
    """
    quiet_libraries()
    keep_freed_memory()
    # deterministic training need not also fill every new tensor with NaN before it is written
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    refuse_mistakes(spec)
    with processes(spec.trainer, directory), run_directory(spec.config, directory) as chosen:
        if process_index():  # one of several processes speaks for all
            logging.getLogger("piaa_lightning").setLevel(logging.WARNING)
        pl.seed_everything(spec.seed, workers=True, verbose=False)
        return _steps(spec, chosen)


def refuse_mistakes(spec: RunSpec) -> None:
    """Stop before anything is read where the configuration alone shows that the run would fail.

    What methods are evaluated with is small: it is made once and thrown away, to hear what it does not like.

    Raises:
        UserError: the first mistake.
    """
    resolved = OmegaConf.to_container(spec.config, resolve=True)
    assert isinstance(resolved, dict)
    for name in MADE:
        refuse_unknown_arguments(resolved[name], name)
        refuse_wrong_kinds(resolved[name], name)
        refuse_impossible_steps(resolved[name], name)
    for key, data in {
        "data": spec.data,
        **{f"databases.{name}": data for name, data in spec.databases.items()},
    }.items():
        refuse_unknown_arguments(module_arguments(data), key)
        refuse_wrong_kinds(module_arguments(data), key)
    for method in spec.methods.values():
        for name in ("personalizer", "support", "estimator"):
            if getattr(method, name) is not None:
                made = make(getattr(method, name), f"methods.{method.key}.{name}")
                if name == "estimator":
                    refuse_other_estimator(method, made)
    for task in spec.tasks():
        refuse_start(spec, task)
    protocols(spec)
    number_of_maps(spec)
    refuse_sharding(spec)


def _steps(spec: RunSpec, directory: Path) -> float | None:
    """Go through the steps, in every process of a run."""
    threads, key = _threads(), run_key(spec.config)
    seconds: dict[str, float] = {}
    device = device_of(spec.trainer.accelerator)
    logger = instantiate(spec.logger, save_dir=str(directory), name=spec.name) if spec.logger else False
    if isinstance(logger, Logger):
        log_configuration(logger, spec.config)
    with _clock(seconds, "data"):
        extractor = build_extractor(spec, device)
        databases = Databases(spec, extractor, device)
    refuse_impossible(spec, databases)
    torch.set_num_threads(threads_for(extractor.trained, threads))  # jobs of a sweep share torch
    models = ModelTrainer(spec, databases, extractor, logger, directory / "checkpoints")
    with _clock(seconds, "training"):
        for task in spec.models():
            with suppress(MissingLabelsError):  # evaluating tells it, and leaves the row out
                models.get(task)
    with _clock(seconds, "evaluating"):
        results = evaluate_methods(spec, databases, models, device, directory / EVALUATED)
    if process_index():  # processes that trained together evaluated together; one of them writes
        return None
    result = write_run(spec.config, directory, databases, models, results, spec.shots, seconds, logger, key)
    shutil.rmtree(directory / EVALUATED, ignore_errors=True)  # the records hold what is worth keeping
    return result


def threads_for(network: nn.Module | None, threads: int) -> int:
    """Return how many threads share the kernels of a network that moves.

    One does those of a small network, and of a head on frozen features. They take microseconds, and threads spin while
    they wait for each other; beside other programs they wait for one that is not running (``make bench-threads``).

    Args:
        network: the backbone; None where heads alone move.
        threads: that torch takes by itself.

    Example:
        >>> threads_for(nn.Linear(10, 10), 8)
        1
    """
    moving = 0 if network is None else sum(parameter.numel() for parameter in network.parameters())
    return threads if moving > SMALL else 1


@cache
def _threads() -> int:
    """Return how many threads torch takes by itself, as it was before any run changed it."""
    return torch.get_num_threads()


@contextmanager
def _clock(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[phase] = round(time.perf_counter() - start, 1)
