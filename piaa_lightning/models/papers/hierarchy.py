"""First the kind of image, then the network for that kind."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork, images_needed


class HierarchyHead(nn.Module):
    """Chooses among the scores of several networks by the features of another.

    Args:
        features: length of one network's features; they come side by side, those of the classifier of kinds first.
        head: makes the head of one network.
        kinds: of images.
    """

    def __init__(self, features: int, head: Callable[[int], nn.Module], kinds: int) -> None:
        super().__init__()
        self.features = features
        self.kind = nn.Linear(features, kinds)
        self.heads = nn.ModuleList([head(features) for _ in range(kinds)])

    def shares(self, features: Tensor) -> Tensor:
        """Return how likely images are of each kind, ``(batch, kinds)``, rows sum to one."""
        kind: Tensor = self.kind(features[:, : self.features])
        return kind.softmax(dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """Score images, ``(batch,)`` in [0, 1]: by a blend in training, later by the likeliest kind's network."""
        shares = self.shares(features)
        if not self.training:
            shares = one_hot(shares.argmax(dim=1), shares.shape[1]).to(shares.dtype)
        own = features[:, self.features :].chunk(len(self.heads), dim=1)
        scores = torch.stack([head(part) for head, part in zip(self.heads, own, strict=True)], dim=1)
        return (shares * scores).sum(dim=1)


class Hierarchy(ScoreNetwork):
    """A network that tells scenes, objects and textures apart, and one network for each of them.

    Source: Kao, Huang and Maybank, "Hierarchical aesthetic quality assessment using deep convolutional neural
    networks", Signal Processing: Image Communication 2016.
    NOTE: the paper trains its networks one by one, each on its own kind of images; here all learn at once, from a
    blend by the likelihood of each kind, so that also images of unknown kind are learnt from.

    Args:
        backbone: copied for every kind; all start from the same weights.
        head: makes the head of one network.
        features: length of a feature vector.
        kinds: of images.

    Raises:
        UserError: frozen features are fed in.
    """

    counted_by = "task.network.kinds"

    def __init__(
        self, backbone: Backbone | None, head: Callable[[int], nn.Module], features: int, kinds: int = 3
    ) -> None:
        backbone = images_needed(backbone, "the hierarchy of networks")
        super().__init__(backbone, HierarchyHead(features, head, kinds))
        self.networks = nn.ModuleList([copy.deepcopy(backbone) for _ in range(kinds)])

    def embed(self, inputs: Tensor) -> Tensor:
        """Return the features of all networks side by side, the classifier's first."""
        images = self.prepare(inputs)
        return torch.cat([super().embed(images), *(network(images) for network in self.networks.children())], dim=1)

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` in [0, 1] and shares of kinds ``(batch, kinds)``."""
        features = self.embed(inputs)
        return self.head(features), cast(HierarchyHead, self.head).shares(features)
