"""What all tasks that train a prior have in common: they are judged on validation users."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from piaa_lightning.examples import Episode
from piaa_lightning.metrics.per_user import PerUserSROCC

MONITOR = "val/srocc"


class PriorTask(pl.LightningModule):
    """Trains a network that new users start from.

    Validation is the mean over validation users of each user's SROCC on pictures that nobody trained on; the epoch
    that is best there is the one that is kept. Test users play no part.

    Args:
        network: pictures to scores; trained in place.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.srocc = PerUserSROCC()
        self.prefix = ""

    def log(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Log under the prior's own name, so that the curves of a run's priors do not overlay each other."""
        super().log(f"{self.prefix}{name}", *args, **kwargs)

    @abstractmethod
    def personal_scores(self, episode: Episode) -> Tensor:
        """Score a validation user's query pictures, as a user of this prior would."""

    def validation_step(self, batch: Episode, batch_idx: int) -> None:
        """Judge one validation user."""
        scores = self.personal_scores(batch)
        self.srocc.update(torch.full_like(scores, batch_idx), scores, batch.query.scores)

    def on_validation_epoch_end(self) -> None:
        """Log the mean over validation users."""
        self.log(MONITOR, self.srocc.compute().float(), prog_bar=True)
        self.srocc.reset()
