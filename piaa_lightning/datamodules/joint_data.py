"""Several databases in step, for tasks that learn from more than one."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from piaa_lightning.data.images.augment import cut_all
from piaa_lightning.datamodules.ratings_module import RatingsDataModule
from piaa_lightning.datamodules.task_data import SourcesModule
from piaa_lightning.errors import ArgumentError


class JointData(pl.LightningDataModule):
    """Every batch holds one batch of each database; the first one sets the length of an epoch.

    The fitted task says which view it wants of which database.

    Args:
        sources: databases by the names that the task gives them, for instance ``aesthetics`` and ``personality``.

    Raises:
        ArgumentError: there is no database.

    Example:
        >>> from piaa_lightning import AVA, JointData, PsychoFlickr
        >>> data = JointData(aesthetics=AVA(size="tiny"), personality=PsychoFlickr(size="tiny"))
        >>> list(data.sources)
        ['aesthetics', 'personality']
    """

    def __init__(self, **sources: RatingsDataModule) -> None:
        super().__init__()
        if not sources:
            raise ArgumentError("sources", "give one database or more by name, as aesthetics=AVA().")
        self.sources = sources
        self._task_data: SourcesModule | None = None

    def prepare_data(self) -> None:
        """Write the embedded copies that are needed and not there."""
        for source in self.sources.values():
            source.prepare_data()

    def setup(self, stage: str | None = None) -> None:
        """Serve the views that the fitted task asks for.

        Raises:
            ArgumentError: the task learns from other databases than these.
        """
        task = None if self.trainer is None else self.trainer.lightning_module
        views = getattr(task, "views", None) or {}
        if set(views) != set(self.sources):
            wanted = ", ".join(views) or "one database alone"
            raise ArgumentError("sources", f"the task learns from {wanted}; give these names.", ", ".join(self.sources))
        served = {}
        for name, (view, options) in views.items():
            self.sources[name].trainer = self.trainer
            served[name] = self.sources[name].serve(task, view, options)
        self._task_data = SourcesModule(served)

    def train_dataloader(self) -> Any:
        """Batches by the names of the databases."""
        assert self._task_data is not None
        return self._task_data.train_dataloader()

    def val_dataloader(self) -> Any:
        """Every database's validation part, one after another."""
        assert self._task_data is not None
        return self._task_data.val_dataloader()

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Cut the crops that were drawn when the batch was fetched."""
        return cut_all(batch)
