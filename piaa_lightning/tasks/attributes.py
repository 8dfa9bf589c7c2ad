"""Attributes of pictures beside their score, as rankers of the talk's table stand on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.examples import Labelled
from piaa_lightning.tasks.descent import DescentTask
from piaa_lightning.tasks.prior import same_width


class AttributeTask(DescentTask):
    """Squared error of the score and of the attributes, where each is known (Kong et al., ECCV 2016, Reg+Att).

    Args:
        network: an `AttributeNetwork`; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        rates: likewise.
        weight: of the attributes' mean squared error against the score's.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        rates: Mapping[str, float] | None = None,
        weight: float = 1.0,
    ) -> None:
        super().__init__(network, optimizer, schedule, rates)
        self.weight = weight

    def training_step(self, batch: Labelled, batch_idx: int) -> Tensor:
        """Take one step on a batch of pictures."""
        scores, attributes = self.network.both(batch.inputs)
        same_width(attributes, batch.attributes, "attributes", "task.network.attributes.traits")
        loss = _known_squares(scores, batch.scores) + self.weight * _known_squares(attributes, batch.attributes)
        self.log("train/loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss


def _known_squares(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean squared error over targets that are not NaN; 0 where there is none."""
    known = target.isfinite()
    error = (prediction - target.nan_to_num()).square() * known
    return error.sum() / known.sum().clamp(min=1)
