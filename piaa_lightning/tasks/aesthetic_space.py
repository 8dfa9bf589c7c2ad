"""An aesthetic space from triplets, and a classifier in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Examples
from piaa_lightning.losses.score import score_loss
from piaa_lightning.losses.triplet import triplet_loss
from piaa_lightning.tasks.descent import DescentTask


class AestheticSpaceTask(DescentTask):
    """Triplets teach the space and nothing else; a classifier learns beside it, so that every epoch can be validated.

    Source: Schwarz et al., WACV 2018, see `losses.triplet`. No gradient of the classifier reaches the space. The paper
    trains it once the space is done, which `SpaceClassifierTask` does.

    Args:
        network: an `AestheticSpace`; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        lr_by_part: likewise.
        loss: of the classifier's outputs and average scores.
        margin: see `losses.triplet`.
        gap: likewise.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        loss: Callable[[Tensor, Tensor], Tensor] = score_loss,
        margin: float = 0.2,
        gap: float = 0.1,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        self.loss = loss
        self.margin = margin
        self.gap = gap

    def training_step(self, batch: Examples, batch_idx: int) -> Tensor:
        """Take one step on a batch of images and all its triplets."""
        scores, places = self.network.placed(batch.inputs)
        loss = triplet_loss(places, batch.scores, self.margin, self.gap) + self.loss(scores, batch.scores)
        self.log("train/loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss
