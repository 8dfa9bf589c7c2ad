"""A network that predicts the personality of users who like an image, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.trait_head import TraitHead


class TraitNetwork(nn.Module):
    """The talk's single-task personality network.

    Args:
        backbone: turns images into features; None where frozen features are fed in.
        head: not used, there is no score; all networks of a task are made alike.
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
        super().__init__()
        self.backbone = backbone
        self.personality = personality(features)

    def traits(self, inputs: Tensor) -> Tensor:
        """Predict the traits of users who like the images, ``(batch, traits)`` in [-1, 1]."""
        traits: Tensor = self.personality(inputs if self.backbone is None else self.backbone(inputs))
        return traits

    def forward(self, inputs: Tensor) -> Tensor:
        """Predict traits."""
        return self.traits(inputs)
