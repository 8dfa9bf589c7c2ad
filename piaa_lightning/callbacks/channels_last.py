"""Train with convolutions whose weights lie channels last in memory."""

from __future__ import annotations

import pytorch_lightning as pl
import torch


class ChannelsLast(pl.Callback):
    """Lay the weights out as ``(out, height, width, in)`` in memory while a task trains; shapes and values stay.

    Activations follow the weights. Results change by rounding alone. After training the weights lie as before, so
    that a prior that was trained and one that was loaded are the same in what follows.
    """

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Change the layout before the optimiser makes its moments, which then follow it."""
        pl_module.to(memory_format=torch.channels_last)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Go back to the layout that networks are made with."""
        pl_module.to(memory_format=torch.contiguous_format)
