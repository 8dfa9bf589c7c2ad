"""A network that predicts an image's attributes beside its score."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork


class AttributeNetwork(ScoreNetwork):
    """One backbone, a score and one value per attribute, as in Kong et al., ECCV 2016.

    Args:
        backbone: shared; None where frozen features are fed in.
        head: makes the branch of the score from ``features``.
        features: length of a feature vector.
        attributes: makes the attribute branch from ``features``; its outputs lie in [-1, 1].
    """

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        attributes: Callable[[int], nn.Module],
    ) -> None:
        super().__init__(backbone, head(features))
        self.attributes = attributes(features)

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` in [0, 1] and attributes ``(batch, attributes)`` in [-1, 1]."""
        features = self.embed(inputs)
        return self.head(features), self.attributes(features)
