"""Checkpoints to go on from: the newest ones of a training, and one more when the system asks it to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.utilities.exceptions import SIGTERMException

PRIOR = "prior"
KEPT = 2  # so that there is another one where the newest is damaged


class KeepLast(Checkpoint):
    """Keeps the state of training after every epoch, the last two of them.

    Unlike ModelCheckpoint it looks at no metric; and between two steps, where a system that takes the machine away
    sends SIGTERM before it kills, it keeps one more.

    Args:
        directory: of the checkpoints.
        key: of the prior, which every checkpoint of this training is to bear, see `stages.checkpoints.last_good`.
        every_steps: steps of the optimiser after which another one is kept within an epoch; None keeps none.
    """

    def __init__(self, directory: Path, key: str, every_steps: int | None = None) -> None:
        self.directory = directory
        self.key = key
        self.every_steps = every_steps
        self._steps = 0
        self._whole = True

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Say whose state it is."""
        checkpoint[PRIOR] = self.key

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin to count where the training begins."""
        self._steps = trainer.global_step

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the state of a finished epoch; callbacks of this kind come after the module's own end of an epoch."""
        self._keep(trainer)

    def on_train_batch_end(self, trainer: pl.Trainer, *_rest: Any) -> None:
        """Keep the state within a long epoch."""
        before, self._steps = self._steps, trainer.global_step
        # gradients that are being accumulated are in no checkpoint; and of one from an epoch's last step Lightning
        # believes that the epoch was validated, so its best epoch would be lost
        self._whole = self._steps > before and not trainer.is_last_batch
        if self.every_steps and self._whole and self._steps // self.every_steps > before // self.every_steps:
            self._keep(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Keep the state where the trainer stopped between two steps because it was told to."""
        if isinstance(exception, SIGTERMException) and self._whole:
            self._keep(trainer)

    def _keep(self, trainer: pl.Trainer) -> None:
        if trainer.fast_dev_run:  # type: ignore[attr-defined]  # Lightning sets it, and does not declare it
            return
        trainer.save_checkpoint(self.directory / f"step_{trainer.global_step:09}.ckpt")
        if trainer.is_global_zero:
            for old in kept(self.directory)[KEPT:]:
                old.unlink(missing_ok=True)


def kept(directory: Path) -> list[Path]:
    """Return the checkpoints in a directory, the newest first; by the steps in their names and not by any clock."""
    return sorted(directory.glob("step_*.ckpt"), key=lambda file: file.name, reverse=True)
