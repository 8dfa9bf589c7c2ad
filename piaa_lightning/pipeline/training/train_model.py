"""Train one network by Lightning, and return the parameters of the epoch that the task keeps."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities.exceptions import SIGTERMException
from torch import nn

from piaa_lightning.callbacks.keep_last import kept
from piaa_lightning.errors import UserError
from piaa_lightning.pipeline.parts.build_model import lightning_module
from piaa_lightning.pipeline.parts.make_trainer import make_trainer, sharded
from piaa_lightning.pipeline.specs.specs import RunSpec, TaskSpec
from piaa_lightning.runtime.distributed import agree, process_index
from piaa_lightning.runtime.files.checkpoints import last_good, read

log = logging.getLogger(__name__)


def train_model(
    spec: RunSpec,
    task: TaskSpec,
    network: nn.Module,
    serve: Callable[[nn.Module], pl.LightningDataModule],
    logger: Logger | bool,
    directory: Path,
    key: str,
    like: Callable[[], nn.Module],
) -> nn.Module:
    """Train a network, going on where an earlier run of the same key was cut off.

    Args:
        spec: of the run.
        task: what trains it.
        network: with the parameters that training starts from; it is moved.
        serve: makes what the network learns from.
        logger: receives the curves; False for none.
        directory: of the task's checkpoints.
        key: of the model.
        like: makes a network of the same shape, for processes that each have a part of this one.

    Returns:
        The network with the parameters of the epoch that the task keeps, on the processor.

    Raises:
        UserError: a process that fetches batches was ended by the system, or the best epoch's file was damaged.
    """
    begun = agree(last_good(directory, key) if spec.resume and not process_index() else None)
    if begun is not None:
        log.info("prior %s: going on from %s", task.name, begun)
    pl.seed_everything(spec.seed, workers=True, verbose=False)
    module = lightning_module(task, network)
    trainer, best = make_trainer(spec, task, module, logger, directory, key)
    _fit(trainer, module, serve(network), begun, task.name)
    if best.best_model_path:
        found = read(Path(best.best_model_path))
        if found is None:
            raise UserError(
                f"{best.best_model_path}: the kept epoch of the prior {task.name} was damaged or removed during"
                " training; run the same command again with resume=auto."
            )
        if sharded(spec.trainer):  # no process has the whole of what was trained
            network = like()
            module = lightning_module(task, network)
        module.load_state_dict(found["state_dict"])
        log.info("prior %s: kept the epoch with validation SROCC %.3f", task.name, best.best_model_score)
    return network.cpu()


def forget_steps(directory: Path) -> None:
    """Remove the states that training could have gone on from."""
    if not process_index():
        for file in kept(directory):
            file.unlink(missing_ok=True)


def _fit(
    trainer: pl.Trainer, module: pl.LightningModule, data: pl.LightningDataModule, begun: Path | None, name: str
) -> None:
    try:
        trainer.fit(module, datamodule=data, ckpt_path=begun, weights_only=True if begun else None)
    except SIGTERMException:
        log.warning("stopped by SIGTERM; the same command with resume=auto goes on where training was.")
        sys.exit(128 + signal.SIGTERM)
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise UserError(
            f"A process that fetches batches for the prior {name} was ended by the system, likely for want"
            " of memory; lower data.workers, and run the same command again with resume=auto."
        ) from error
