"""A database, a small model, and the embedded copies of this session."""

from __future__ import annotations

import pytest
import pytorch_lightning as pl
import torch

from piaa_lightning import FlickrAES, GenericAesthetics

QUIET = {
    "logger": False,
    "enable_checkpointing": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "accelerator": "cpu",
}
TINY = {"image_size": 16, "backbone_options": {"width": 2, "features": 8}}


@pytest.fixture(scope="package", autouse=True)
def kept(cache):
    """Embedded copies of this session's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIAA_CACHE", str(cache))
        yield


@pytest.fixture(scope="package")
def data(kept):
    return FlickrAES(size="tiny")


@pytest.fixture(scope="package")
def generic(data):
    torch.manual_seed(0)
    task = GenericAesthetics(**TINY)
    pl.Trainer(max_epochs=2, **QUIET).fit(task, datamodule=data)
    return task


@pytest.fixture(scope="package")
def files(data):
    return [data.table.root / str(name) for name in data.table.image_files]


@pytest.fixture
def trained():
    """Fit a task for a moment; returns its trainer."""

    def fit(task, data):
        trainer = pl.Trainer(max_epochs=1, limit_train_batches=2, **QUIET)
        trainer.fit(task, datamodule=data)
        return trainer

    return fit
