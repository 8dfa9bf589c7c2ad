"""A backbone and a head, from stored pictures to a score."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from piaa_lightning.backbones.backbone import Backbone


class ScoreNetwork(nn.Module):
    """The network that every learner moves: pictures (or their frozen features) in, scores out.

    Args:
        backbone: turns pictures into features; None where frozen features are fed in.
        head: turns features into scores.
    """

    def __init__(self, backbone: Backbone | None, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def prepare(self, inputs: Tensor) -> Tensor:
        """Do what every forward pass on these inputs would do first, so that many passes do it once."""
        return inputs if self.backbone is None else self.backbone.normalise(inputs)

    def embed(self, inputs: Tensor) -> Tensor:
        """Return what the head scores, so that a head that alone learns needs it once: ``forward`` is head of this."""
        return inputs if self.backbone is None else cast(Tensor, self.backbone(inputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """Score a batch.

        Args:
            inputs: ``(batch, 3, size, size)`` uint8 pictures, or ``(batch, features)`` where there is no backbone.

        Returns:
            ``(batch,)`` in [0, 1], higher is more beautiful.
        """
        score: Tensor = self.head(self.embed(inputs))
        return score
