"""A task small enough to be trained in a moment, and its training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.tasks.generic import GenericTask

SIZE = 16
_random = torch.Generator().manual_seed(0)
DATA = Examples(
    torch.randint(0, 256, (8, 3, SIZE, SIZE), dtype=torch.uint8, generator=_random),
    torch.rand(8, generator=_random),
)


@pytest.fixture
def task() -> Callable[[], GenericTask]:
    """Make tasks whose networks are all the same."""
    return _task


@pytest.fixture
def fit() -> Callable[..., None]:
    """Train for one epoch, three steps on the same eight images by default, and keep a checkpoint."""
    return _fit


@pytest.fixture
def data() -> Examples:
    """Eight images with scores."""
    return DATA


def _task() -> GenericTask:
    torch.manual_seed(0)
    backbone = build_backbone("small_cnn", size=SIZE, width=4, features=6)
    return GenericTask(ScoreNetwork(backbone, ScoreHead(6, hidden=[5])), partial(torch.optim.Adam, lr=1e-3))


def _fit(
    module: pl.LightningModule, directory: Path, *callbacks: pl.Callback, batches: Sequence[object] = (DATA,) * 3
) -> None:
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        callbacks=[ModelCheckpoint(directory, save_last=True), *callbacks],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, _served(batches), _served([Episode(DATA, DATA)]))


def _served(batches: Sequence[object]) -> DataLoader[object]:
    return DataLoader(batches, batch_size=None, collate_fn=lambda batch: batch)  # type: ignore[arg-type]
