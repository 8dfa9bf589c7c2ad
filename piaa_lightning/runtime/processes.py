"""Before the first stage: the processes that a run asks for are started, or found, and work as one from then on."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from omegaconf import DictConfig, OmegaConf, read_write
from torch import distributed

# One process may evaluate users for hours before another one asks for the result; one that dies is noticed at once.
PATIENCE = timedelta(days=7)
VARIABLES = ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")  # that Lightning sets


@contextmanager
def processes(trainer: DictConfig, directory: Path) -> Iterator[None]:
    """Start the processes of a run, unless torchrun or SLURM did, and take them apart in the end.

    Lightning would start them at the first training, with databases opened and perhaps nothing left to train; started
    here, they share the evaluating as well, and take all decisions together.

    Args:
        trainer: the composed trainer; one device on one node needs nothing.
        directory: of the run, where Hydra put its configuration.

    Yields:
        Nothing; this process knows its rank meanwhile.
    """
    devices: Any = OmegaConf.to_container(trainer.devices) if OmegaConf.is_config(trainer.devices) else trainer.devices
    if distributed.is_initialized() or (devices in (1, "1") and trainer.num_nodes == 1):
        yield
        return
    before = {name: os.environ.get(name) for name in VARIABLES}
    if int(os.environ.get("LOCAL_RANK", 0)) and "TORCHELASTIC_RUN_ID" not in os.environ:
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with _only_this_job(directory):
        strategy = DDPStrategy(timeout=PATIENCE)
        fabric = Fabric(
            accelerator=trainer.accelerator, devices=devices, num_nodes=trainer.num_nodes, strategy=strategy
        )
        fabric.launch()
    try:
        yield
    finally:
        distributed.destroy_process_group()
        for name, value in before.items():  # else the next job of a sweep would take itself for one of these
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _end_with(parent: int) -> None:
    """End this process when the one that started it is gone, whose answer it would wait for."""
    while os.getppid() == parent:
        time.sleep(5)
    os._exit(1)  # at once: the main thread may wait in a message that nobody answers


@contextmanager
def _only_this_job(directory: Path) -> Iterator[None]:
    """Let started processes do this job of a sweep instead of the whole sweep.

    They are started with this process's arguments, which are the sweep's; so these are exchanged meanwhile for the
    job's own configuration, as Hydra wrote it down.
    """
    if not HydraConfig.initialized() or HydraConfig.get().mode != RunMode.MULTIRUN:
        yield
        return
    live: Any = HydraConfig.instance().cfg
    arguments = sys.argv
    rundir = live.hydra.run.dir
    sys.argv = [arguments[0], "--config-path", str((directory / ".hydra").resolve()), "--config-name", "config"]
    try:
        with read_write(live.hydra):
            live.hydra.run.dir = str(directory)
        yield
    finally:
        sys.argv = arguments
        with read_write(live.hydra):
            live.hydra.run.dir = rundir
