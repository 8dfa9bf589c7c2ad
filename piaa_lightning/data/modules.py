"""The LightningDataModule that serves a database in the form that a task needs."""

from __future__ import annotations

from collections.abc import Callable

import pytorch_lightning as pl
from torch.utils.data import DataLoader, Dataset

from piaa_lightning.data.datasets import HeldOutUsers
from piaa_lightning.data.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.samplers import EpochSampler
from piaa_lightning.data.splits import Split

Form = Callable[[RatingTable, Indices, Inputs, int], Dataset[object]]


class RatingsModule(pl.LightningDataModule):
    """A database's training and validation ratings, in batches.

    Args:
        table: the database, as its reader returns it.
        split: who and what is held out; test users and test pictures are never served here.
        inputs: where pictures come from.
        form: makes the training dataset, for instance ``AverageScores`` or ``UserEpisodes``.
        batch_size: pictures, or users for episodes, in a batch.
        seed: of the order and of every draw.
        workers: processes that fetch batches; 0 fetches in the main process, which suits stored pictures.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        inputs: Inputs,
        form: Form,
        batch_size: int,
        seed: int,
        workers: int = 0,
    ) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.seed = seed
        self.workers = workers
        self.training = form(table, split.rows(table, "train"), inputs, seed)
        self.validation = HeldOutUsers(table, split.rows(table, "val"), inputs, seed)

    def train_dataloader(self) -> DataLoader[object]:
        """Training batches in an order keyed by (seed, epoch)."""
        return DataLoader(
            self.training,
            batch_size=self.batch_size,
            sampler=EpochSampler(len(self.training), self.seed),  # type: ignore[arg-type]
            num_workers=self.workers,
            collate_fn=_as_fetched,
        )

    def val_dataloader(self) -> DataLoader[object]:
        """One validation user at a time."""
        return DataLoader(self.validation, batch_size=None, num_workers=self.workers)


def _as_fetched(batch: object) -> object:
    """Datasets fetch whole batches themselves; nothing is left to collate."""
    return batch
