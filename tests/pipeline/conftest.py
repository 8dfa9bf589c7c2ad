"""A small database and the models that runs train on it, without images on the disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.splits import users_and_images
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.feature_extractor import FeatureExtractor
from piaa_lightning.pipeline.parts.open_data import Data
from piaa_lightning.pipeline.specs.specs import RunSpec
from piaa_lightning.pipeline.training.train_models import ModelTrainer

from composing import FROM_GENERIC, config_of

OVERRIDES = [
    *FROM_GENERIC,
    "task.init_from.epochs=2",
    "task.init_from.batch_size=16",
    "task.epochs=1",
    "task.dataset.min_ratings=10",
    "head.hidden=[4]",
    "trainer.enable_progress_bar=false",
]


def composed(cache: Path, *overrides: str):
    return config_of(*OVERRIDES, f"paths.cache={cache}", *overrides)


def joint(cache: Path, *overrides: str):
    """PA_IAA, its head as small as the images."""
    small = [
        "experiment=pa_iaa",
        "head.bins=5",
        "head.hidden=[4]",
        "task.epochs=1",
        "task.batch_size=16",
        "task.init_from.epochs=1",
        "task.init_from.batch_size=8",
        "trainer.enable_progress_bar=false",
    ]
    return config_of(*small, f"paths.cache={cache}", *overrides)


@dataclass(frozen=True)
class Opened:
    """As much of the databases as priors ask for."""

    opened: dict[str, Data]
    extractor: FeatureExtractor

    def get(self, name: str | None) -> Data:
        return self.opened[name or "main"]

    @property
    def main(self) -> Data:
        return self.opened["main"]

    def but(self, name: str = "main", **changes) -> Opened:
        return replace(self, opened={**self.opened, name: replace(self.opened[name], **changes)})


@pytest.fixture(scope="module")
def data() -> Opened:
    """Twelve users who like bright images, more or less; what they are like does not matter."""
    random = np.random.default_rng(0)
    user, image = (grid.ravel() for grid in np.meshgrid(np.arange(12), np.arange(90), indexing="ij"))
    light = random.random(90)
    score = np.clip(light[image] + 0.1 * random.standard_normal(len(image)), 0, 1)
    table = RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:02}" for number in range(90)]),
        image_files=np.array([f"p{number:02}.jpg" for number in range(90)]),
        user_ids=np.array([f"u{number:02}" for number in range(12)]),
        user=user,
        image=image,
        score=score.astype(np.float32),
        scale=Scale(1, 5),
        traits=random.uniform(-1, 1, (12, 5)).astype(np.float32),
        trait_names=("O", "C", "E", "A", "N"),
    )
    pixels = (light[:, None, None, None] * random.integers(100, 256, (90, 3, 18, 18))).astype(np.uint8)
    inputs = Inputs(Images(np.ascontiguousarray(pixels[..., :16, :16]), {}), Images(pixels, {}), 16)
    torch.manual_seed(0)
    backbone = build_backbone("small_cnn", size=16, width=2, features=6)
    one = Data("tests", table, users_and_images(table, 0.25, 0.25, 0.3, 0.3), inputs)
    return Opened({"main": one, "aesthetics": one, "personality": one}, FeatureExtractor(backbone))


def trainer(cfg, data: Opened, checkpoints: Path) -> ModelTrainer:
    return ModelTrainer(RunSpec.of(cfg), data, data.extractor, False, checkpoints)


def trained_task(trainer: ModelTrainer, before: bool = False):
    """The network of the run's own task, or of the one before it."""
    task = trainer.spec.task
    return trainer.get(task.init_from if before else task)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory) -> ModelTrainer:
    """Both priors of BLG-PIAA, trained, in a cache of their own."""
    directory = tmp_path_factory.mktemp("trained")
    priors = trainer(composed(directory / "cache"), data, directory / "checkpoints")
    priors.get(priors.spec.task)
    return priors


@pytest.fixture(scope="module")
def extended(data, tmp_path_factory) -> ModelTrainer:
    directory = tmp_path_factory.mktemp("joint")
    priors = trainer(joint(directory / "cache"), data, directory / "out")
    priors.get(priors.spec.task)
    return priors
