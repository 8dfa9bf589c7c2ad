"""One of several processes: trains and validates through the data modules, and writes down what came out.

    python together.py RANK WORLD DIRECTORY PORT

With WORLD = 1 nothing is distributed, which is what the others are compared with.
"""

from __future__ import annotations

import os
import sys
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch import distributed, nn

from piaa_lightning.callbacks.clip_own_steps import ClipOwnSteps
from piaa_lightning.data.datasets import AverageScores, HeldOutImages, HeldOutLikes, LikedImages, ScoreDistributions
from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import random_images, users_and_images
from piaa_lightning.datamodules.task_data import RatingsModule, SourcesModule
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.runtime.distributed import agree, world_size
from piaa_lightning.tasks.generic import GenericTask
from piaa_lightning.tasks.joint import JointTask

warnings.filterwarnings("ignore")

ADAM = partial(torch.optim.Adam, lr=0.01, weight_decay=0.1)
BATCH = 8


class Weighted(nn.Module):
    """A weighted sum, whose rows are rounded the same in whatever batch they are."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 4, dtype=torch.float64))

    def forward(self, inputs):
        return (inputs * self.weight).sum(dim=1).sigmoid()


def database():
    """Nineteen users who rated all of 101 images, with traits, and features of the images."""
    random = np.random.default_rng(0)
    user, image = (grid.ravel() for grid in np.meshgrid(np.arange(19), np.arange(101), indexing="ij"))
    features = random.standard_normal((101, 4))
    score = 1 / (1 + np.exp(-features[image, 0] - 0.7 * random.standard_normal(len(image))))
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:03}" for number in range(101)]),
        image_files=np.array([f"p{number:03}.jpg" for number in range(101)]),
        user_ids=np.array([f"u{number:03}" for number in range(19)]),
        user=user,
        image=image,
        score=score.astype(np.float32),
        scale=Scale(1, 5),
        traits=random.uniform(-1, 1, (19, 2)).astype(np.float32),
        trait_names=("O", "C"),
    )
    return table, Inputs(Features(torch.from_numpy(features)))


def of_users():
    table, inputs = database()
    return RatingsModule(
        table, users_and_images(table, 3, 7, 10, 31, min_ratings=10), inputs, AverageScores, BATCH, seed=0
    )


def of_images():
    table, inputs = database()
    split = random_images(table, 10, 31)
    return RatingsModule(table, split, inputs, AverageScores, BATCH, seed=0, validation=HeldOutImages)


def of_both():
    table, inputs = database()
    split = users_and_images(table, 3, 7, 10, 31, min_ratings=10)
    votes = {"dataset": partial(ScoreDistributions, bins=5), "validation": partial(HeldOutImages, bins=5)}
    likes = {"dataset": LikedImages, "validation": HeldOutLikes}
    return SourcesModule(
        {
            "aesthetics": RatingsModule(table, split, inputs, batch_size=BATCH, seed=0, **votes),
            "personality": RatingsModule(table, split, inputs, batch_size=BATCH, seed=0, **likes),
        }
    )


def trainer(strategy="ddp", **options):
    return pl.Trainer(
        accelerator="cpu",
        devices=world_size(),
        strategy=strategy if world_size() > 1 else "auto",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        **options,
    )


def validated(task, data):
    (found, *rest) = trainer().validate(task, data, verbose=False)
    return {name: value for part in (found, *rest) for name, value in part.items()}


def trained(task, data, **options):
    strategy = "ddp_find_unused_parameters_true" if task.leaves_parameters_out else "ddp"
    trainer(strategy, max_epochs=2, limit_val_batches=0, **options).fit(task, datamodule=data)
    return {name: value.clone() for name, value in task.network.state_dict().items()}


def joint(balance):
    torch.manual_seed(0)
    head = partial(DistributionHead, bins=5, hidden=[], norm=False, dropout=0.0)
    traits = partial(TraitHead, traits=2, hidden=[], norm=False, dropout=0.0, norm_output=False)
    network = TwoStreams(nn.Linear(4, 4), head, 4, traits).double()
    return JointTask(network, ADAM, balance=balance)


def found():
    generic = partial(GenericTask, optimizer=ADAM)
    result = {
        "users": validated(generic(Weighted()), of_users()),
        "images": validated(generic(Weighted()), of_images()),
        "generic": trained(generic(Weighted()), of_users()),
        "clipped": trained(generic(Weighted()), of_users(), gradient_clip_val=1e-3),
        "agreed": agree(f"process {os.environ.get('RANK', 0)}"),
    }
    for balance in ("alternate", "sum"):
        result[balance] = trained(joint(balance), of_both())
        result[f"{balance}, clipped"] = trained(joint(balance), of_both(), callbacks=[ClipOwnSteps(1e-3)])
    task = joint("sum")
    result["votes and traits"] = validated(task, of_both())
    result["counted"] = (task.votes.images_counted, set(task.traits.users_counted.values()))
    return result


def main(number: int, world: int, directory: Path, port: str) -> None:
    if world > 1:
        os.environ.update(
            RANK=str(number), LOCAL_RANK=str(number), WORLD_SIZE=str(world), LOCAL_WORLD_SIZE=str(world),
            MASTER_ADDR="127.0.0.1", MASTER_PORT=port, TORCHELASTIC_RUN_ID="tests", GROUP_RANK="0",
        )  # fmt: skip
        distributed.init_process_group("gloo")
    torch.save(found(), directory / f"{world}_{number}.pt")
    if world > 1:
        distributed.barrier()
        distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
