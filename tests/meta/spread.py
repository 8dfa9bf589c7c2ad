"""One of several processes: takes its share of the users, trains and evaluates, and writes down what came out.

    python spread.py RANK WORLD DIRECTORY PORT

With WORLD = 1 nothing is distributed, which is what the others are compared with.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch import distributed
from torch.utils.data import DataLoader, Dataset

from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import Protocol, choose, evaluate
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.personalizers.personalizer import Personalizer
from piaa_lightning.runtime.distributed import gather, process_index, share, world_size
from piaa_lightning.tasks.meta import MetaTask

warnings.filterwarnings("ignore")


def networks():
    spec = importlib.util.spec_from_file_location("networks", Path(__file__).with_name("networks.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Rule(Personalizer):
    """Scores by a rule that depends on the user, the repeat and the settings."""

    together = 3

    def candidates(self):
        return [{"power": 1.0}, {"power": -1.0}]

    def fit_user(self, support, settings):
        return lambda images: np.sin(images * (1.0 + support.user + support.draw)) * settings["power"]


class Batches(Dataset):
    """Three batches of this process's users: of four, of four and of three."""

    def __init__(self, nets):
        users = [nets.episode(seed) for seed in range(11)]
        whole = [users[:4], users[4:8], users[8:]]
        self.batches = [share(batch, process_index(), world_size()) for batch in whole]

    def __len__(self):
        return 3

    def __getitem__(self, number):
        return self.batches[number]


def trained(nets, reduce, **settings):
    inner = InnerLoop({"backbone": 1e-3, "head": 1e-2}, betas=(0.9, 0.9), bias_correction=False)
    learner = partial(BilevelLearner, inner=inner, steps=2, reduce=reduce, **settings)
    task = MetaTask(nets.Network(), learner, partial(torch.optim.SGD, lr=0.5), gamma=0.9)
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=world_size(),
        strategy="ddp" if world_size() > 1 else "auto",
        max_epochs=2,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    trainer.fit(task, DataLoader(Batches(nets), batch_size=None))
    return {name: value.clone() for name, value in task.network.state_dict().items()}


def evaluated():
    random = np.random.default_rng(0)
    counts = [40, 14, 30, 25, 50]
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:03}" for number in range(100)]),
        image_files=np.array([f"p{number:03}.jpg" for number in range(100)]),
        user_ids=np.array([f"u{number}" for number in range(5)]),
        user=np.repeat(np.arange(5), counts),
        image=np.concatenate([random.permutation(100)[:count] for count in counts]),
        score=random.random(sum(counts)).astype(np.float32),
        scale=Scale(1, 5),
    )
    protocol, rows = Protocol(repeats=3, min_query=5), np.arange(table.ratings)
    chosen = choose(table, rows, [5, 10], protocol, "rule", Rule())
    records = evaluate(table, rows, [5, 10], protocol, "rule", "", Rule(), chosen)
    return {"chosen": chosen, "records": [dataclasses.astuple(record) for record in records]}


def main(number: int, world: int, directory: Path, port: str) -> None:
    if world > 1:
        os.environ.update(
            RANK=str(number), LOCAL_RANK=str(number), WORLD_SIZE=str(world), LOCAL_WORLD_SIZE=str(world),
            MASTER_ADDR="127.0.0.1", MASTER_PORT=port, TORCHELASTIC_RUN_ID="tests", GROUP_RANK="0",
        )  # fmt: skip
        distributed.init_process_group("gloo")
    nets = networks()
    found = {"evaluated": evaluated(), "sum": trained(nets, "sum"), "mean": trained(nets, "mean")}
    found["gathered"] = gather(share(range(7), process_index(), world_size()))
    try:
        trained(nets, "sum", reset_state="never")
    except UserError as error:
        found["refused"] = str(error)
    torch.save(found, directory / f"{world}_{number}.pt")
    if world > 1:
        distributed.barrier()
        distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
