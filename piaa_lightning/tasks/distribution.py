"""Generic aesthetics as the talk has it: how the votes on an image are distributed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Distributions
from piaa_lightning.losses.distribution import distribution_loss
from piaa_lightning.tasks.descent import DescentTask


class DistributionTask(DescentTask):
    """Prediction of distributions of votes: L_a of the talk, or NIMA with ``losses.emd``.

    Args:
        network: images to distributions; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        lr_by_part: likewise.
        loss: of predicted and true distributions.
    """

    view = "distributions"

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        loss: Callable[[Tensor, Tensor], Tensor] = distribution_loss,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        self.loss = loss

    @property
    def view_options(self) -> Mapping[str, Any]:
        """As many bins as the head has."""
        return {"bins": self.network.head.bins}

    def training_step(self, batch: Distributions, batch_idx: int) -> Tensor:
        """Take one step on a batch of images."""
        loss = self.loss(self.network.distribution(batch.inputs), batch.distribution)
        self.log("train/loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss
