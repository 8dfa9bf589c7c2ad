"""One run: compose -> open the data -> train the priors -> evaluate the methods -> write the records."""

from __future__ import annotations

import logging
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from piaa_lightning.cli.allowed_targets import refuse_strange_targets
from piaa_lightning.cli.schema import config_dir, refuse_dangling, register, shots_of
from piaa_lightning.errors import MissingLabelsError, UserError
from piaa_lightning.runtime.allocator import keep_freed_memory

if TYPE_CHECKING:
    import torch

register()

EVALUATED = "evaluated"  # what was evaluated so far, below the run's directory until it is finished

# What a mode does besides a run: a stage, and its function of the same name.
MODES = {
    "check": ("cli.check", "check_data"),
    "collect": ("cli.collect", "collect_runs"),
    "workspace": ("cli.workspace", "make_workspace"),
    "export": ("pipeline.publish_model", "publish_prior"),
    "adapt": ("cli.adapt", "adapt_user"),
    "predict": ("cli.predict", "predict_photos"),
    "cover": ("cli.cover", "choose_photos"),
    "crop": ("cli.crop", "crop_photos"),
    "web": ("cli.web", "serve_page"),
}


@hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")
def hydra_main(cfg: DictConfig) -> float | None:
    """Run what the command line asks for, in the directory that Hydra made for it."""
    cfg.command = " ".join(["python -m piaa_lightning", *HydraConfig.get().overrides.task])
    try:
        if HydraConfig.get().mode == RunMode.MULTIRUN and cfg.mode == "run":
            return job(cfg, Path(HydraConfig.get().runtime.output_dir))
        return dispatch(cfg, Path(HydraConfig.get().runtime.output_dir))
    except UserError as error:
        sys.exit(f"piaa_lightning: {error}")  # here, because Hydra prints lines of its own about other exceptions


def job(cfg: DictConfig, directory: Path) -> float | None:
    """Do one job of a sweep, unless an earlier sweep has finished it.

    Args:
        cfg: the composed configuration.
        directory: of the job.

    Raises:
        UserError: a search on test users, or whatever a user can mend.
    """
    from piaa_lightning.pipeline.sweep_jobs import finished_before, objective, take_over

    sweeper = str(HydraConfig.get().sweeper._target_)
    if not sweeper.endswith("BasicSweeper") and cfg.evaluate_on != "val":
        raise UserError(
            "A search never looks at test users: add evaluate_on=val, and evaluate what it found in a run of its own."
        )
    earlier = finished_before(cfg) if cfg.skip_finished else None
    if earlier is None:
        value = dispatch(cfg, directory)
        # with resume=auto it may have gone on in the directory of the sweep that was cut off
        elsewhere = None if (directory / "summary.json").exists() else finished_before(cfg)
        if elsewhere is not None:
            take_over(elsewhere, directory)
        return value
    summary = take_over(earlier, directory)
    print(f"{directory}: taken over from {earlier}, which was run in just the same way; skip_finished=false runs again")
    return objective(cfg, summary)


def dispatch(cfg: DictConfig, directory: Path) -> float | None:
    """Do what ``mode`` names.

    Args:
        cfg: the composed configuration.
        directory: where it is written.

    Raises:
        UserError: an unknown mode, or whatever a user can mend.
    """
    if cfg.mode == "run":
        return run(cfg, directory)
    if cfg.mode not in MODES:
        raise UserError(f"mode={cfg.mode}: there is no such mode; choose one of {', '.join(('run', *MODES))}.")
    trains = cfg.mode not in ("check", "collect", "workspace")  # a prior, if it comes to that
    if trains:
        refuse_dangling(cfg)
    refuse_strange_targets(OmegaConf.to_container(cfg, resolve=trains))  # the others need not have all that a run has
    refuse_strange_targets(OmegaConf.to_container(cfg.data, resolve=True))
    _calm()
    keep_freed_memory()
    stage = import_module(f"piaa_lightning.{MODES[cfg.mode][0]}")  # late, for the same reason as in ``run``
    getattr(stage, MODES[cfg.mode][1])(cfg, directory)
    return None


def run(cfg: DictConfig, directory: Path) -> float | None:
    """Do one run.

    Args:
        cfg: the composed configuration.
        directory: where the run is written.

    Returns:
        What a search is after: mean SROCC of the first method on validation users; None where test users are evaluated.

    Raises:
        UserError: whatever a user can mend.
    """
    shots = shots_of(cfg)
    if not cfg.methods:
        raise UserError("Nothing to do: name an experiment, for instance experiment=blg_piaa.")
    refuse_dangling(cfg)
    refuse_strange_targets(OmegaConf.to_container(cfg, resolve=True))
    # torch and all that stands on it take seconds to import, which --help and a mistyped key need not wait for
    import pytorch_lightning as pl
    import torch

    from piaa_lightning.pipeline.make_trainer import refuse_sharding
    from piaa_lightning.runtime.distributed import process_index
    from piaa_lightning.runtime.processes import processes
    from piaa_lightning.runtime.run_directory import run_directory

    _calm()
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
    import torch

    from piaa_lightning.pipeline.evaluate_methods import evaluate_methods, refuse_impossible
    from piaa_lightning.pipeline.open_data import Databases
    from piaa_lightning.pipeline.train_models import ModelTrainer
    from piaa_lightning.pipeline.write_run import write_run
    from piaa_lightning.runtime.distributed import process_index

    threads = _threads()
    seconds: dict[str, float] = {}
    device = _device(cfg.trainer.accelerator)
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
    import torch

    return torch.get_num_threads()


def _device(accelerator: str) -> torch.device:
    """Return where users are fitted: on the accelerator that trains the priors."""
    import torch

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


def _calm() -> None:
    """Keep libraries from talking over the progress bars."""
    logging.raiseExceptions = False  # a log on a full disk: what fills it stops the run, with a sentence
    for library in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(library).setLevel(logging.WARNING)  # "GPU available: False" and the like
    for message in (
        ".*does not have many workers.*",  # stored images are faster in the main process
        ".*Checkpoint directory .* exists and is not empty.*",  # ours, from the same run
        ".*is smaller than the logging interval.*",  # small data, and nothing is lost
        ".*LeafSpec.*is deprecated.*",  # between Lightning and torch
        ".*sync_dist=True.*",  # what is validated is gathered before it is logged, and is the same in all processes
    ):
        warnings.filterwarnings("ignore", message)
