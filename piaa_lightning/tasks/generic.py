"""Generic aesthetics: the average score of an image, which is BA-PIAA's prior."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Examples
from piaa_lightning.losses.score import score_loss
from piaa_lightning.tasks.descent import DescentTask


class GenericTask(DescentTask):
    """Regression of average scores, the talk's "average aesthetics"; validated without any adaptation.

    Args:
        network: images to scores; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise; lr x .9^e in the talk's systems.
        lr_by_part: likewise.
        loss: of predictions and average scores; ``losses.binary`` learns good against bad instead.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        loss: Callable[[Tensor, Tensor], Tensor] = score_loss,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        self.loss = loss

    def training_step(self, batch: Examples, batch_idx: int) -> Tensor:
        """Take one step on a batch of images."""
        loss = self.loss(self.network(batch.inputs), batch.scores)
        self.log("train/loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss
