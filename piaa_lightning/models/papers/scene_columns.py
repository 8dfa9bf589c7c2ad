"""Columns for scenes: parallel layers that each know one kind of scene, joined for the score."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork


class SceneColumns(ScoreNetwork):
    """A shared backbone, a column for each scene, and a head on all columns.

    Source: Wang, Zhao, Wang et al., "A multi-scene deep learning model for image aesthetic evaluation", Signal
    Processing: Image Communication 2016: a layer of parallel groups, one for each scene, after shared convolutions.
    NOTE: a hypothesis from second hand. Here columns are fully connected layers on the backbone's features instead of
    groups of convolutions, and each has a score of its own, by which it is taught its scene.

    Args:
        backbone: shared; None where frozen features are fed in.
        head: makes the head from all columns.
        features: length of a feature vector.
        scenes: columns.
        width: units of a column.
    """

    counted_by = "task.network.scenes"

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        scenes: int = 8,
        width: int = 64,
    ) -> None:
        super().__init__(backbone, head(scenes * width))
        self.columns = nn.Linear(features, scenes * width)
        self.own = nn.Conv1d(scenes * width, scenes, 1, groups=scenes)  # every column's own linear score

    def embed(self, inputs: Tensor) -> Tensor:
        """Return all columns side by side, ``(batch, scenes x width)``."""
        columns: Tensor = self.columns(super().embed(inputs))
        return columns.relu()

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` and every column's own ``(batch, scenes)``, all in [0, 1]."""
        columns = self.embed(inputs)
        return self.head(columns), self.own(columns[:, :, None]).squeeze(2).sigmoid()
