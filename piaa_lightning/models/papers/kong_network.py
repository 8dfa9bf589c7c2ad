"""The photo ranking network of Kong et al.: a score that knows of attributes and of content."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.experts import Experts
from piaa_lightning.models.network import ScoreNetwork


class KongNetwork(ScoreNetwork):
    """One backbone, an attribute branch, and a score from features and attributes by experts for contents.

    Source: Kong, Shen, Lin, Mech and Fowlkes, "Photo Aesthetics Ranking Network with Attributes and Content
    Adaptation", ECCV 2016. Each part can be left out: Reg+Rank+Att has no experts, Reg+Rank+Cont no attributes.
    NOTE: that the head sees the predicted attributes beside the features is a reading of "attribute-adaptive";
    ``fused=False`` makes attributes a second loss and nothing else.

    Args:
        backbone: shared; None where frozen features are fed in.
        head: makes one head of a score.
        features: length of a feature vector.
        attributes: makes the attribute branch; its outputs lie in [-1, 1]. None for none.
        experts: heads blended by content; 0 for one head.
        fused: whether the head sees the attributes.
    """

    counted_by = "task.network.attributes.traits"

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        attributes: Callable[[int], nn.Module] | None = None,
        experts: int = 0,
        fused: bool = True,
    ) -> None:
        branch = None if attributes is None else attributes(features)
        width = features + (int(getattr(branch, "traits", 0)) if fused else 0)
        super().__init__(backbone, Experts(width, head, experts) if experts else head(width))
        self.attributes = branch
        self.fused = fused

    def embed(self, inputs: Tensor) -> Tensor:
        """Return what the head scores: features and, where they are fused, attributes."""
        features = super().embed(inputs)
        if self.attributes is None or not self.fused:
            return features
        return torch.cat([features, self.attributes(features)], dim=1)

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` in [0, 1] and attributes ``(batch, attributes)`` in [-1, 1].

        Raises:
            UserError: the network has no attribute branch.
        """
        if self.attributes is None:
            raise UserError("task.network.attributes: this network has none; give it a branch, or learn none.")
        features = super().embed(inputs)
        attributes = self.attributes(features)
        return self.head(torch.cat([features, attributes], dim=1) if self.fused else features), attributes

    def with_shares(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` and shares of contents ``(batch, experts)``.

        Raises:
            UserError: the network has no experts.
        """
        if not isinstance(self.head, Experts):
            raise UserError("task.network.experts=0: there is no gate to learn contents; give a number of experts.")
        seen = self.embed(inputs)
        return self.head(seen), self.head.shares(seen)
