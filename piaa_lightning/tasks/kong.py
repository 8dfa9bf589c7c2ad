"""The photo ranking network's training: scores, pairs, attributes and contents in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Examples, Labelled, Pairs
from piaa_lightning.losses.labels import content_loss
from piaa_lightning.losses.ranking import score_and_ranking_loss
from piaa_lightning.losses.traits import trait_loss
from piaa_lightning.tasks.descent import DescentTask
from piaa_lightning.tasks.pretraining import same_width
from piaa_lightning.tasks.ranking import pairs_loss

ATTRIBUTES = "attributes"  # the stream whose labels are attributes; those of others are contents


class KongTask(DescentTask):
    """The sum of Kong et al.'s losses over what the sources hold (ECCV 2016: Reg+Rank+Att+Cont).

    * Images with scores: squared error, and a margin between all pairs of the batch: pairs across raters.
    * Pairs, for instance within a rater: squared error of both sides, and a margin between them.
    * Images with contents: in addition the cross entropy of the gate. NOTE: the paper clusters images to find their
      contents; here tags say what they are, and the gate is taught on those images that have some.
    * The stream ``attributes``: squared error of the attributes. NOTE: the paper has one database with everything;
      where another brings the attributes, its scores are not learnt.

    Args:
        network: a `KongNetwork`; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        lr_by_part: likewise.
        margin: by which a better image's score must exceed a worse one's, in [0, 1].
        rank_weight: of the margin loss against the squared error.
        attribute_weight: of the attributes' squared error.
        content_weight: of the gate's cross entropy.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        margin: float = 0.05,
        rank_weight: float = 1.0,
        attribute_weight: float = 1.0,
        content_weight: float = 1.0,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        self.margin = margin
        self.rank_weight = rank_weight
        self.attribute_weight = attribute_weight
        self.content_weight = content_weight

    def training_step(
        self, batch: Examples | Labelled | Pairs | Mapping[str, Examples | Labelled | Pairs], batch_idx: int
    ) -> Tensor:
        """Take one step on a batch, or on one of every stream."""
        sources = dict(batch) if isinstance(batch, Mapping) else {"aesthetics": batch}
        losses = {name: self._loss_of(name, part) for name, part in sources.items()}
        for name, value in losses.items():
            self.log(f"train/{name}_loss", value, batch_size=len(_first(sources[name]).scores))
        return torch.stack(list(losses.values())).sum()

    def _loss_of(self, stream: str, batch: Examples | Labelled | Pairs) -> Tensor:
        if isinstance(batch, Pairs):
            return pairs_loss(self.network, batch, self.margin, self.rank_weight)
        if not isinstance(batch, Labelled):
            return self._of_scores(self.network(batch.inputs), batch.scores)
        if stream == ATTRIBUTES:
            attributes = self.network.both(batch.inputs)[1]
            same_width(attributes, batch.attributes, "attributes", "task.network.attributes.traits")
            return self.attribute_weight * trait_loss(attributes, batch.attributes)
        scores, shares = self.network.with_shares(batch.inputs)
        same_width(shares, batch.attributes, "tags", "task.network.experts")
        contents = content_loss(shares, batch.attributes)
        return self._of_scores(scores, batch.scores) + self.content_weight * contents

    def _of_scores(self, prediction: Tensor, scores: Tensor) -> Tensor:
        return score_and_ranking_loss(prediction, scores, self.margin, self.rank_weight)


def _first(batch: Examples | Labelled | Pairs) -> Examples | Labelled:
    return batch.better if isinstance(batch, Pairs) else batch
