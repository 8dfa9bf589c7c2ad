"""The LightningDataModules: a database in the dataset that a task needs, or several databases in step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities import CombinedLoader
from torch.utils.data import DataLoader

from piaa_lightning.data.datasets import HeldOutUsers, held_out
from piaa_lightning.data.datasets.image_dataset import ImageDataset
from piaa_lightning.data.images.augment import cut_all
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.resumable import ResumableLoader
from piaa_lightning.data.samplers import EpochSampler, share_of_batch
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.runtime.distributed import process_index, share, world_size

log = logging.getLogger(__name__)

MakeDataset = Callable[[RatingTable, Split, Part, Inputs, int], Any]  # a dataset with a length
HELD_OUT_BATCH = 64  # images evaluated at once


class _Module(pl.LightningDataModule):
    """What both modules share: crops are cut on the device."""

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Cut the crops that were drawn when the batch was fetched."""
        return cut_all(batch)


class RatingsModule(_Module):
    """A database's training and validation part, in batches.

    Args:
        table: the database, as its reader returns it.
        split: who and what is held out; test users and test images are never served here.
        inputs: where images come from.
        dataset: makes the training dataset, for instance ``AverageScores`` or ``UserEpisodes``.
        batch_size: images, or users for episodes, in a batch; over all processes that train together.
        seed: of the order and of every draw.
        workers: processes that fetch batches; 0 fetches in the main process, which suits stored images.
        validation: makes the validation dataset; None for one stream of several, which then chooses no epoch.
        cut_batches: whether a batch that is larger than the training part becomes as large as that, as the smallest
            embedded copies need, instead of an error.

    Raises:
        UserError: the database is smaller than one batch, or holds out nothing to validate on.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        inputs: Inputs,
        dataset: MakeDataset,
        batch_size: int,
        seed: int,
        workers: int = 0,
        validation: MakeDataset | None = held_out,
        cut_batches: bool = False,
    ) -> None:
        super().__init__()
        self.batch_size = batch_size
        self.seed = seed
        self.workers = workers
        self.training: Any = dataset(table, split, "train", inputs, seed)
        self.validation: Any = None if validation is None else validation(table, split, "val", inputs, seed)
        whole = len(self.training) - len(self.training) % world_size()
        if cut_batches and 0 < whole < batch_size:
            log.info("%s: batches of %d instead of %d, which is all there is.", table.database, whole, batch_size)
            self.batch_size = whole
        elif len(self.training) < batch_size:
            raise UserError(
                f"{table.database}: {len(self.training)} training items are fewer than one batch of {batch_size}; lower"
                f" task.batch_size or hold out less."
            )
        if self.validation is not None and not len(self.validation):
            raise UserError(
                f"{table.database}: the split holds out nothing on which the best epoch could be chosen; raise"
                " data.split.val_users or data.split.val_images."
            )

    def train_dataloader(self, visits: int | None = None) -> DataLoader[Any]:
        """Training batches in an order keyed by (seed, epoch).

        Args:
            visits: visits in an epoch; None visits every item once. Where one image would be left for a batch of its
                own, it waits for another epoch.
        """
        own = share_of_batch(self.batch_size, world_size())
        visits = len(self.training) if visits is None else visits
        if isinstance(self.training, ImageDataset) and own > 1 and visits // world_size() % own == 1:
            visits -= world_size()  # one image makes no batch statistics
        sampler = EpochSampler(len(self.training), self.seed, visits, process_index(), world_size())
        return ResumableLoader(self.training, sampler, own, **self._options())

    def val_dataloader(self) -> DataLoader[Any]:
        """This process's share of the validation part: one user, or a batch of images, at a time."""
        own = share(range(len(self.validation)), process_index(), world_size())
        batch_size = None if isinstance(self.validation, HeldOutUsers) else HELD_OUT_BATCH
        return DataLoader(self.validation, batch_size, sampler=own, **self._options())

    def _options(self) -> dict[str, Any]:
        pinned = torch.cuda.is_available()
        return {"num_workers": self.workers, "collate_fn": _as_fetched, "pin_memory": pinned}


class SourcesModule(_Module):
    """Several databases in step: every batch holds one batch of each.

    An epoch lasts as long as the first stream; the others go round their own items as often as needed, in an order that
    is keyed by (seed, epoch, round).

    Args:
        sources: by name, the first one sets the pace.
    """

    def __init__(self, sources: Mapping[str, RatingsModule]) -> None:
        super().__init__()
        self.sources = dict(sources)

    def train_dataloader(self) -> CombinedLoader:
        """Batches by the names of the sources."""
        first = next(iter(self.sources.values()))
        batches = -(-len(first.training) // first.batch_size)
        loaders = {
            name: stream.train_dataloader(None if stream is first else batches * stream.batch_size)
            for name, stream in self.sources.items()
        }
        return CombinedLoader(loaders, "min_size")

    def val_dataloader(self) -> CombinedLoader:
        """Every stream's validation part, one after another."""
        judging = [stream for stream in self.sources.values() if stream.validation is not None]
        return CombinedLoader([stream.val_dataloader() for stream in judging], "sequential")


def _as_fetched(batch: Any) -> Any:
    """Datasets fetch whole batches themselves; nothing is left to collate."""
    return batch
