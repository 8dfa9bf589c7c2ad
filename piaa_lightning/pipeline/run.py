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
from omegaconf import DictConfig

from piaa_lightning.errors import MissingLabelsError
from piaa_lightning.pipeline.evaluate_methods import evaluate_methods, refuse_impossible
from piaa_lightning.pipeline.make_trainer import refuse_sharding
from piaa_lightning.pipeline.open_data import Databases
from piaa_lightning.pipeline.train_models import ModelTrainer
from piaa_lightning.pipeline.write_run import write_run
from piaa_lightning.runtime.allocator import keep_freed_memory
from piaa_lightning.runtime.distributed import process_index
from piaa_lightning.runtime.processes import processes
from piaa_lightning.runtime.quiet import quiet_libraries
from piaa_lightning.runtime.run_directory import run_directory

EVALUATED = "evaluated"  # what was evaluated so far, below the run's directory until it is finished


def run(cfg: DictConfig, shots: list[int], directory: Path) -> float | None:
    """Do one run.

    Args:
        cfg: the composed configuration, see `cli.schema.RunKeys`.
        shots: support sizes, ascending.
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
    refuse_sharding(cfg)
    with processes(cfg.trainer, directory), run_directory(cfg, directory) as chosen:
        if process_index():  # one of several processes speaks for all
            logging.getLogger("piaa_lightning").setLevel(logging.WARNING)
        pl.seed_everything(cfg.seed, workers=True, verbose=False)
        return _stages(cfg, chosen, shots)


def _stages(cfg: DictConfig, directory: Path, shots: list[int]) -> float | None:
    """Go through the stages, in every process of a run."""
    threads = _threads()
    seconds: dict[str, float] = {}
    device = device_of(cfg.trainer.accelerator)
    logger = instantiate(cfg.logger, save_dir=str(directory), name=cfg.name) if cfg.logger else False
    with _clock(seconds, "data"):
        databases = Databases(cfg, device)
    refuse_impossible(cfg, databases)
    # a head on frozen features is too small to share: threads would wait for each other; jobs of a sweep share torch
    torch.set_num_threads(1 if databases.backbone is None else threads)
    priors = ModelTrainer(cfg, databases, logger, directory / "checkpoints")
    with _clock(seconds, "training"):
        for method in cfg.methods.values():
            for task in (method.model, *(method.get("auxiliary") or {}).values()):
                if task is not None:
                    with suppress(MissingLabelsError):  # evaluating tells it, and leaves the row out
                        priors.get(task)
    with _clock(seconds, "evaluating"):
        results = evaluate_methods(cfg, databases, priors, shots, device, directory / EVALUATED)
    if process_index():  # processes that trained together evaluated together; one of them writes
        return None
    result = write_run(cfg, directory, databases, priors, results, shots, seconds, logger)
    shutil.rmtree(directory / EVALUATED, ignore_errors=True)  # the records hold what is worth keeping
    return result


@cache
def _threads() -> int:
    """Return how many threads torch takes by itself, as it was before any run changed it."""
    return torch.get_num_threads()


def device_of(accelerator: str) -> torch.device:
    """Return where users are fitted: on the accelerator that trains the priors."""
    if accelerator in ("gpu", "cuda", "auto") and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in ("mps", "auto") and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@contextmanager
def _clock(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds[phase] = round(time.perf_counter() - start, 1)
