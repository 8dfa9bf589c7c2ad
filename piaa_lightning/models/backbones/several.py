"""Several backbones as one: an image is read once, and their features stand beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from piaa_lightning.models.backbones.backbone import Backbone, Square

COMMON = ((0.5,) * 3, (0.5,) * 3)  # pixels in [-1, 1], where networks do not agree on their mean and std


class Backbones(Backbone):
    """Networks side by side, each with its own size, mean and standard deviation.

    One batch at the largest size serves all: a smaller network gets it made smaller, antialiased. Where images are made
    for every network from the file itself, as `squares` says, nothing is made small twice.
    NOTE: the two ways differ by what making an image small in two steps changes, which is nothing among networks of
    one size.

    Args:
        networks: by name, in the order of their features.

    Example:
        >>> from piaa_lightning.models.backbones.factory import build_backbone
        >>> both = build_backbone(["mobilenetv2", "nima"])
        >>> both.features, both.size
        (2304, 224)
    """

    def __init__(self, networks: Mapping[str, Backbone]) -> None:
        own = list(networks.values())
        found = {(tuple(member.mean.flatten().tolist()), tuple(member.std.flatten().tolist())) for member in own}
        common = found.pop() if len(found) == 1 else COMMON
        largest = max(own, key=lambda member: member.size)
        features = sum(member.features for member in own)
        super().__init__(nn.Identity(), features, largest.size, *common, largest.resize)
        del self.network
        self.agreed = not found  # all take the same normalised images
        # a submodule's name may hold no dot, as timm's names of weights do
        self.networks = nn.ModuleDict({name.replace(".", "_"): member for name, member in networks.items()})

    @property
    def squares(self) -> tuple[Square, ...]:
        """How images are to be made for them: one square for each size and resize that occurs."""
        return tuple(dict.fromkeys(square for member in self.members for square in member.squares))

    @property
    def members(self) -> tuple[Backbone, ...]:
        """The networks."""
        return tuple(member for member in self.networks.values() if isinstance(member, Backbone))

    def with_score(self, images: Tensor | Mapping[Square, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Turn images into all features and the mean score of the networks that have one, see `Backbone.with_score`."""
        given = self.normalise(images) if isinstance(images, Tensor) else images
        parts = [
            member.with_score(self._for(member, given) if isinstance(given, Tensor) else given)
            for member in self.members
        ]
        scores = [score for _, score in parts if score is not None]
        return torch.cat([features for features, _ in parts], dim=1), torch.stack(scores).mean(
            dim=0
        ) if scores else None

    def _for(self, member: Backbone, images: Tensor) -> Tensor:
        """Turn images that are normalised in common into those of one network; gradients pass."""
        if images.shape[-1] != member.size:
            side = (member.size, member.size)
            images = interpolate(images, side, mode="bilinear", align_corners=False, antialias=True)
        if self.agreed:
            return images
        return images * (self.std / member.std) + (self.mean - member.mean) / member.std
