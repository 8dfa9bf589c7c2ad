"""One of the processes of ``bench_scale.py``: trains and evaluates its share, and says how long the steps took.

    RANK=0 WORLD_SIZE=2 ... python scale_process.py ROOT CACHE [--quick]

The environment is torchrun's. The first process prints one json object.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from hydra.utils import instantiate
from torch import distributed
from workload import Workload, over_images

from piaa_lightning.callbacks.keep_last import KeepLast
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.evaluation.protocol import Protocol, evaluate
from piaa_lightning.personalizers.personalizer import FitContext
from piaa_lightning.runtime.distributed import process_index, world_size
from piaa_lightning.runtime.files.checkpoints import WholeCheckpoints

BATCH, USERS = 32, 4  # images and users over all processes
STEPS, META_STEPS = 3, 1  # that count; one before them does not


class Clock(pl.Callback):
    """Seconds from the end of the first step to the end of the last, when all processes are there."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(self, *_args: Any) -> None:
        """Note the time."""
        self.ends.append(time.perf_counter())

    def step(self) -> float:
        """Seconds of one step."""
        return (self.ends[-1] - self.ends[0]) / (len(self.ends) - 1)


class Saving(WholeCheckpoints):
    """Adds up the seconds of saving."""

    seconds = 0.0

    def save_checkpoint(self, *given: Any, **options: Any) -> None:
        """Save and note how long it took."""
        start = time.perf_counter()
        super().save_checkpoint(*given, **options)
        self.seconds += time.perf_counter() - start


def trained(work: Workload, batch: int, steps: int, directory: Path) -> dict[str, float]:
    """Train for some steps with a checkpoint in the end; return the seconds of a step and of the checkpoint."""
    clock, saving = Clock(), Saving()
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=world_size(),
        strategy="ddp" if world_size() > 1 else "auto",
        max_epochs=1,
        limit_train_batches=steps + 1,
        limit_val_batches=0,
        logger=False,
        callbacks=[clock, KeepLast(directory, "bench")],
        plugins=[saving],
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    trainer.fit(work.task(), datamodule=work.module(batch))
    return {"step": clock.step(), "checkpoint": saving.seconds}


def evaluated(work: Workload, shots: int, users: int) -> float:
    """Fine-tune and evaluate some users; return the seconds."""
    table: RatingTable = work.data.table
    personalizer = instantiate(work.cfg.methods.ba.personalizer)
    network = work.task().network
    personalizer.prepare(FitContext(table, work.data.split, work.data.inputs, torch.device("cpu"), network))
    rows = np.flatnonzero(table.user < users)
    protocol = Protocol(repeats=1, min_query=5)
    settings = personalizer.candidates()[-1]
    start = time.perf_counter()
    evaluate(table, rows, [shots], protocol, "bench", "", personalizer, {shots: settings})
    return time.perf_counter() - start


def fresh(work: Callable[[], Workload]) -> Workload:
    """Make a workload while the other processes wait, so that all begin together."""
    made = work()
    if world_size() > 1:
        distributed.barrier()
    return made


def main() -> None:
    """Measure all parts."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("root", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    if int(os.environ["WORLD_SIZE"]) > 1:
        distributed.init_process_group("gloo")
    directory = given.cache / f"rank_{process_index()}"
    episode = ["task.dataset.support=8", "task.dataset.query=4"] if given.quick else ["task.dataset.support=20"]

    def workload(*overrides: str) -> Workload:
        cfg = over_images(given.root, given.cache, given.quick, "experiment=ba_piaa", *overrides)
        return Workload(cfg, directory)

    batch = 8 if given.quick else BATCH
    generic = trained(fresh(lambda: workload("task=generic")), batch, STEPS, directory)
    meta = trained(
        fresh(lambda: workload("task=blg", "task.dataset.min_ratings=10", *episode)), USERS, META_STEPS, directory
    )
    seconds = evaluated(fresh(lambda: workload("task=generic")), 10, USERS)
    if not process_index():
        print(json.dumps({
            "generic step": generic["step"], "meta step": meta["step"], "evaluation": seconds,
            "checkpoint": generic["checkpoint"],
        }))  # fmt: skip
    if world_size() > 1:
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
