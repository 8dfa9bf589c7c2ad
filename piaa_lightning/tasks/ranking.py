"""A ranking task: learn which of two images is liked more, beside the scores themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Pairs
from piaa_lightning.losses.ranking import pair_ranking_loss
from piaa_lightning.losses.score import score_loss
from piaa_lightning.tasks.descent import DescentTask


class RankingTask(DescentTask):
    """Squared error of both scores and a margin between them (Kong et al., ECCV 2016, Reg+Rank).

    Args:
        network: images to scores, the same for both sides; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        lr_by_part: likewise.
        margin: by which the better image's score must exceed the worse one's, in [0, 1].
        weight: of the ranking loss against the squared error.
    """

    view = "pairs"

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        margin: float = 0.05,
        weight: float = 1.0,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        self.margin = margin
        self.weight = weight

    def training_step(self, batch: Pairs, batch_idx: int) -> Tensor:
        """Take one step on a batch of pairs; both sides go through the network at once."""
        loss = pairs_loss(self.network, batch, self.margin, self.weight)
        self.log("train/loss", loss, batch_size=len(batch.better.scores), prog_bar=True)
        return loss


def pairs_loss(network: nn.Module, batch: Pairs, margin: float, weight: float) -> Tensor:
    """Return the mean squared error of both sides of pairs plus a weight times the margin loss between them."""
    scores = network(torch.cat([batch.better.inputs, batch.worse.inputs]))
    better, worse = scores.chunk(2)
    errors = score_loss(scores, torch.cat([batch.better.scores, batch.worse.scores]))
    return errors + weight * pair_ranking_loss(better, worse, margin)
