"""What the benches work on: the program's own data, network and task, over images drawn for the purpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from torch.utils.data import DataLoader

from piaa_lightning.cli.configuration.schema import config_dir, register
from piaa_lightning.data.batches import Examples
from piaa_lightning.datamodules.task_data import RatingsModule
from piaa_lightning.pipeline.parts.build_model import build_extractor
from piaa_lightning.pipeline.parts.open_data import Databases
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.pipeline.training.train_models import ModelTrainer
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.tasks.pretraining import PretrainingTask

USERS = 8


def write_database(root: Path, images: int, long_side: int, users: int = USERS) -> None:
    """Write a ``ratings_csv`` database: JPEG files, and everybody's rating of every image.

    Args:
        root: its directory.
        images: how many.
        long_side: of an image in pixels; FLICKR-AES's have about 500.
        users: how many.
    """
    (root / "images").mkdir(parents=True)
    names = [f"{number:05}.jpg" for number in range(images)]
    write_images(root, 0, "bench", long_side, [(number, f"images/{name}") for number, name in enumerate(names)])
    lines = [f"{user},{name},{1 + (7 * user + place) % 5}" for user in range(users) for place, name in enumerate(names)]
    (root / "ratings.csv").write_text("\n".join(["user,image,score", *lines]) + "\n")


def composed(*overrides: str) -> DictConfig:
    """Compose the configuration of a run that trains the generic prior."""
    register()
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        return compose("config", ["task=generic", *overrides])


def over_images(root: Path, cache: Path, quick: bool, *overrides: str) -> DictConfig:
    """Compose a run over a database of `write_database`: ResNet18 at 224 pixels, or a small network to try it out."""
    backbone = ["small_cnn", "backbone.size=32"] if quick else ["resnet18"]
    users = ["data.split.min_ratings=2"] if quick else []
    start = ["data=ratings_csv", f"data.root={root}", f"paths.cache={cache}", f"backbone={backbone[0]}", *backbone[1:]]
    return composed(*start, *users, *overrides)


class Workload:
    """What a run would train, and on what.

    Args:
        cfg: the composed configuration.
        checkpoints: where a run's checkpoints would go.
    """

    def __init__(self, cfg: DictConfig, checkpoints: Path) -> None:
        self.cfg = cfg
        self.spec = RunSpec.of(cfg)
        self.extractor = build_extractor(self.spec, torch.device("cpu"))
        self.databases = Databases(self.spec, self.extractor, torch.device("cpu"))
        self.data = self.databases.main
        self._priors = ModelTrainer(self.spec, self.databases, self.extractor, False, checkpoints)

    def module(self, batch_size: int, workers: int = 0) -> RatingsModule:
        """Make the LightningDataModule that a run would train from."""
        data, task = self.data, self.cfg.task
        forms = instantiate(task.dataset), instantiate(task.validation)
        return RatingsModule(data.table, data.split, data.inputs, forms[0], batch_size, 0, workers, forms[1])

    def task(self) -> PretrainingTask:
        """Make the task that a run would train; its network is always the same and its own."""
        made: PretrainingTask = instantiate(self.cfg.task.module)(network=self._priors.start(self.spec.task))
        return made


def long_loader(module: RatingsModule, batches: int) -> DataLoader[object]:
    """Make a training loader whose epoch is as long as that of a big database, by taking epochs one after another."""
    short = module.train_dataloader()
    plan: list[Sequence[object]] = []
    while len(plan) < batches:
        plan += [batch for batch in short.batch_sampler if len(batch) == module.batch_size]
    return DataLoader(
        short.dataset,
        batch_sampler=plan[:batches],
        num_workers=module.workers,
        collate_fn=short.collate_fn,
    )


def served(module: RatingsModule, loader: DataLoader[object]) -> Iterator[Examples]:
    """Yield batches as a network gets them: with all that the module does to them on the way to the device."""
    for fetched in loader:
        batch = module.on_before_batch_transfer(fetched, 0)
        batch = module.transfer_batch_to_device(batch, torch.device("cpu"), 0)
        yield module.on_after_batch_transfer(batch, 0)
