"""Labels of images beside their score: attributes, tags, styles or kinds of content, from one database or several."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Examples, Labelled
from piaa_lightning.losses.score import score_loss
from piaa_lightning.losses.traits import trait_loss
from piaa_lightning.tasks.descent import DescentTask
from piaa_lightning.tasks.pretraining import same_width

Sources = Mapping[str, Examples | Labelled]


class AttributeTask(DescentTask):
    """A loss of the score and a loss of labels, where each is known (Kong et al., ECCV 2016, Reg+Att).

    Where the task has several sources, every step descends on the sum of their losses: labels may come from other
    images than scores.

    Args:
        network: scores and labels images in ``both``; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        lr_by_part: likewise.
        weight: of the loss of labels against the score's.
        loss: of predicted and true scores.
        label_loss: of predicted and true labels, NaN where unknown; squared error fits attributes.
    """

    view = "attributes"

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        weight: float = 1.0,
        loss: Callable[[Tensor, Tensor], Tensor] = score_loss,
        label_loss: Callable[[Tensor, Tensor], Tensor] = trait_loss,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        self.weight = weight
        self.loss = loss
        self.label_loss = label_loss

    def training_step(self, batch: Examples | Labelled | Sources, batch_idx: int) -> Tensor:
        """Take one step on a batch of images, or on one of every stream."""
        sources = dict(batch) if isinstance(batch, Mapping) else {"images": batch}
        losses = [self.loss_of(part) for part in sources.values()]
        loss = losses[0] if len(losses) == 1 else sum(losses[1:], losses[0])
        self.log("train/loss", loss, batch_size=sum(len(part.scores) for part in sources.values()), prog_bar=True)
        return loss

    def loss_of(self, batch: Examples | Labelled) -> Tensor:
        """Return the loss of a batch of images."""
        if not isinstance(batch, Labelled):
            return self.loss(self.network(batch.inputs), batch.scores)
        scores, labels = self.network.both(batch.inputs)
        same_width(labels, batch.attributes, "attributes", self.counted_by)
        return self.where_known(scores, batch.scores) + self.weight * self.loss_of_labels(labels, batch)

    def loss_of_labels(self, labels: Tensor, batch: Labelled) -> Tensor:
        """Return the loss of predicted labels ``(batch, labels)``."""
        return self.label_loss(labels, batch.attributes)

    @property
    def counted_by(self) -> str:
        """The key that says how many labels the network predicts."""
        return getattr(self.network, "counted_by", "task.network.attributes.traits")

    def where_known(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Return the loss over targets that are not NaN; 0 where there is none."""
        known = target.isfinite()
        return self.loss(prediction[known], target[known]) if known.any() else (prediction * 0).sum()
