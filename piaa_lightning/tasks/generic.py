"""Generic aesthetics: the average score of a picture, which is BA-PIAA's prior."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR

from piaa_lightning.examples import Episode, Examples
from piaa_lightning.losses.score import score_loss
from piaa_lightning.tasks.prior import PriorTask


class GenericTask(PriorTask):
    """Regression of average scores, the talk's "average aesthetics"; validated without any adaptation.

    Args:
        network: pictures to scores; trained in place.
        optimizer: makes the optimiser of the network's parameters.
        gamma: the learning rate of epoch e is lr x gamma^e; .9 in the talk's systems.
        loss: of predictions and average scores.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        gamma: float = 1.0,
        loss: Callable[[Tensor, Tensor], Tensor] = score_loss,
    ) -> None:
        super().__init__(network)
        self.make_optimizer = optimizer
        self.gamma = gamma
        self.loss = loss

    def training_step(self, batch: Examples, batch_idx: int) -> Tensor:
        """Take one step on a batch of pictures."""
        loss = self.loss(self.network(batch.inputs), batch.scores)
        self.log("train/loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss

    def personal_scores(self, episode: Episode) -> Tensor:
        """Score the query pictures alike for everybody."""
        scores: Tensor = self.network(episode.query.inputs)
        return scores

    def configure_optimizers(self) -> Any:
        """Return the optimiser and its schedule, stepped once per epoch."""
        optimizer = self.make_optimizer(self.network.parameters())
        return [optimizer], [ExponentialLR(optimizer, self.gamma)]
