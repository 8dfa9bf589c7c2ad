"""What all tasks that train a prior have in common: they are judged on what the database holds out for validation."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from piaa_lightning.examples import Distributions, Episode, Liked
from piaa_lightning.metrics.per_user import PerUserSROCC
from piaa_lightning.metrics.pictures import PictureMetrics
from piaa_lightning.metrics.traits import TraitMetrics

MONITOR = "val/srocc"
LOGGED = {"srocc", "plcc", "emd_r1", "emd_r2", "rmse"}  # of what is validated on, beside the number that chooses


class PriorTask(pl.LightningModule):
    """Trains a network that new users start from, or that judges pictures for everybody.

    Validation is a rank correlation on what nobody trained on: the mean over held-out people of each one's own SROCC,
    the SROCC of held-out pictures' average scores, or the mean over traits of held-out people's. A task that learns
    from several databases has the mean of theirs. The epoch that is best there is the one that is kept; test people
    and test pictures play no part.

    Args:
        network: what is trained, in place.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network
        self.people = PerUserSROCC()
        self.pictures = PictureMetrics()
        self.votes = PictureMetrics(bins=getattr(getattr(network, "head", None), "bins", 0))
        self.traits = TraitMetrics(range(getattr(getattr(network, "personality", None), "traits", 0)))
        self.prefix = ""

    def log(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Log under the prior's own name, so that the curves of a run's priors do not overlay each other."""
        super().log(f"{self.prefix}{name}", *args, **kwargs)

    def personal_scores(self, episode: Episode) -> Tensor:
        """Score a validation user's query pictures, as a user of this prior would: here alike for everybody."""
        scores: Tensor = self.network(episode.query.inputs)
        return scores

    def validation_step(self, batch: Episode | Distributions | Liked, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Judge one validation user, or a batch of pictures."""
        if isinstance(batch, Episode):
            scores = self.personal_scores(batch)
            self.people.update(torch.full_like(scores, batch.user), scores, batch.query.scores)
        elif isinstance(batch, Liked):
            self.traits.update(batch.likes, batch.users, self.network.traits(batch.inputs), batch.traits)
        elif batch.distribution.shape[1]:
            votes = self.network.distribution(batch.inputs)
            self.votes.update(batch.images, votes @ self.network.head.levels, batch.scores, votes, batch.distribution)
        else:
            self.pictures.update(batch.images, self.network(batch.inputs), batch.scores)

    def on_validation_epoch_end(self) -> None:
        """Log what the validation part says, and the mean of its rank correlations as the one that chooses."""
        sroccs = []
        if self.people.update_called:
            sroccs.append(self.people.compute())
        for name, metric in (("pictures", self.pictures), ("pictures", self.votes), ("traits", self.traits)):
            if metric.update_called:
                found = metric.compute()
                sroccs.append(found["srocc"])
                for measure in LOGGED & set(found):
                    self.log(f"val/{name}_{measure}", found[measure].float())
        for metric in (self.people, self.pictures, self.votes, self.traits):
            metric.reset()
        self.log(MONITOR, torch.stack(sroccs).mean().float(), prog_bar=True)
