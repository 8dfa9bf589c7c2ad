"""Choose the epoch of a task whose parameters are kept."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from piaa_lightning.errors import ArgumentError
from piaa_lightning.runtime.choices import check_choice

KEEPS = ("best", "last")


class KeptEpoch(ModelCheckpoint):
    """Save the epoch that is kept as ``best.ckpt``: the best on validation, or the last.

    Args:
        directory: of the task's checkpoints.
        monitor: the validation metric that chooses, larger being better.
        keep: ``best``, where of equal epochs the first is kept, or ``last``, as in the authors' code of BLG-PIAA.
        include_start: whether the parameters that training starts from are a candidate as well, as epoch 0: where no
            epoch is better on validation, training has changed nothing. Needs a trainer whose
            ``num_sanity_val_steps`` is -1, which validates everything before the first step and leaves the order of
            random numbers as it is.

    Raises:
        ArgumentError: no such choice, or the start as a candidate where the last epoch is kept.
    """

    def __init__(self, directory: Path, monitor: str, keep: str = "best", include_start: bool = False) -> None:
        check_choice("keep", keep, KEEPS)
        if include_start and keep == "last":
            raise ArgumentError(
                "candidates_include_start", "with keep=last no epoch is chosen; take keep=best, or leave it off.", True
            )
        super().__init__(directory, filename="best", monitor=monitor, mode="max", save_on_train_epoch_end=True)
        self.keep = keep
        self.include_start = include_start

    def on_sanity_check_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save the start as the first candidate."""
        if self.include_start:
            self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))

    def check_monitor_top_k(self, trainer: pl.Trainer, current: Tensor | None = None) -> bool:
        """Say whether this epoch takes the place of the one that was kept until now."""
        return self.keep == "last" or super().check_monitor_top_k(trainer, current)
