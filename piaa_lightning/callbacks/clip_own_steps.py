"""Clip the gradient of a task that takes its steps by itself, which Lightning leaves to the task."""

from __future__ import annotations

import pytorch_lightning as pl
from torch.optim import Optimizer


class ClipOwnSteps(pl.Callback):
    """What ``trainer.gradient_clip_val`` does for other tasks, by Lightning's own function.

    For a learner of users it is the outer gradient that is clipped; inner steps are never.

    Args:
        value: greatest norm, or greatest magnitude of a single number.
        algorithm: ``norm`` (the default of None) or ``value``.
    """

    def __init__(self, value: float, algorithm: str | None = None) -> None:
        self.value = value
        self.algorithm = algorithm

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: Optimizer
    ) -> None:
        """Clip."""
        pl_module.clip_gradients(optimizer, self.value, self.algorithm)
