"""Scores from columns that each learn from their own scene."""

from __future__ import annotations

from torch import Tensor

from piaa_lightning.data.batches import Labelled
from piaa_lightning.tasks.attributes import AttributeTask


class SceneTask(AttributeTask):
    """A loss of the joint score, and the same of every column's own score on images of its scene.

    Source: Wang et al. 2016 (multi-scene), see `nn.scene_columns`, which trains each column on its scene beforehand.
    The arguments are those of `AttributeTask`; ``weight`` is the columns' and ``label_loss`` is not used.
    """

    def loss_of_labels(self, labels: Tensor, batch: Labelled) -> Tensor:
        """Return the loss of the columns' own scores ``(batch, scenes)``."""
        true = batch.scores[:, None].expand_as(labels)
        return self.where_known(labels, true.masked_fill(~(batch.attributes > 0), float("nan")))
