"""PA_IAA's network: one backbone, an aesthetics branch and a personality branch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.trait_head import TraitHead


class TwoStreams(ScoreNetwork):
    """The "Siamese" network of the talk: images of either database go through the same backbone.

    As a network that scores images it is its aesthetics branch.

    Args:
        backbone: shared; None where frozen features are fed in.
        head: makes the aesthetics branch from ``features``.
        features: length of a feature vector.
        personality: makes the personality branch from ``features``.
    """

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        personality: Callable[[int], TraitHead],
    ) -> None:
        super().__init__(backbone, head(features))
        self.features = features
        self.personality = personality(features)

    def traits(self, inputs: Tensor) -> Tensor:
        """Predict the traits of users who like the images, ``(batch, traits)`` in [-1, 1]."""
        traits: Tensor = self.personality(self.embed(inputs))
        return traits
