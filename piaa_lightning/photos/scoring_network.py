"""What a published prior sees in an image: its generic score, and the features that its head is fed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.factory import build_backbone
from piaa_lightning.models.backbones.frozen import Scaling
from piaa_lightning.models.distribution_head import DistributionHead
from piaa_lightning.models.fusion import fused
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.models.two_streams import TwoStreams

# What a description may name: a file that somebody else published decides about nothing but these.
HEADS: dict[str, type[nn.Module]] = {"ScoreHead": ScoreHead, "DistributionHead": DistributionHead}
NEVER = {"pretrained", "checkpoint_path", "pretrained_cfg"}  # options that would read other files


class FeatureScale(nn.Module):
    """A fitted `Scaling` as a part of the network.

    Args:
        features: length of a backbone's feature vector.
        components: what is kept of them; None keeps all.
    """

    def __init__(self, features: int, components: int | None) -> None:
        super().__init__()
        self.mean: Tensor
        self.spread: Tensor
        self.axes: Tensor | None
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        self.register_buffer("axes", None if components is None else torch.zeros(components, features))

    @classmethod
    def of(cls, scaling: Scaling) -> FeatureScale:
        """Take over a scaling; its unit goes into the axes."""
        made = cls(len(scaling.mean), None if scaling.axes is None else len(scaling.axes))
        made.mean.copy_(torch.from_numpy(scaling.mean))
        made.spread.copy_(torch.from_numpy(scaling.spread))
        if scaling.axes is not None and made.axes is not None:
            made.axes.copy_(torch.from_numpy(scaling.axes / scaling.unit))
        return made

    def forward(self, features: Tensor) -> Tensor:
        """Scale ``(batch, features)``."""
        scaled = (features - self.mean) / self.spread
        return scaled if self.axes is None else scaled @ self.axes.T


class ScoringNetwork(nn.Module):
    """A backbone, the scale of its features, and a head.

    Args:
        backbone: takes squashed images.
        scale: of frozen features; None where the backbone was trained with the head.
        network: the head's network on these features, without a backbone.
    """

    def __init__(self, backbone: Backbone, scale: FeatureScale | None, network: ScoreNetwork) -> None:
        super().__init__()
        self.backbone = backbone
        self.scale = nn.Identity() if scale is None else scale
        self.network = network

    @property
    def size(self) -> int:
        """Side of the square input in pixels."""
        return self.backbone.size

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at images.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats.

        Returns:
            ``(batch,)`` generic scores in [0, 1] and ``(batch, features)``.
        """
        features = self.scale(self.backbone(images))
        return self.network(features), features


def scoring_network_of(description: Mapping[str, Any]) -> ScoringNetwork:
    """Make an untrained network from its description.

    Args:
        description: ``backbone`` (name, size, output, layer, options, or ``networks``, a list of such), ``frozen``,
            ``components``, ``head`` (kind and arguments), ``personality`` (arguments of the branch, or null) and
            ``fused`` (arguments, or null).

    Raises:
        UserError: a description that this version does not know.
    """
    try:
        net = dict(description["backbone"])
        networks = net.get("networks", [net])
        if asked := NEVER & {str(option) for one in networks for option in one["options"]}:
            raise UserError(f"the prior asks for {', '.join(asked)}, which a published one must not.")
        backbone = build_backbone([{"layer": "last", **one, "weights": None} for one in networks])
        scale = FeatureScale(backbone.features, description["components"]) if description["frozen"] else None
        features = description["components"] or backbone.features
        return ScoringNetwork(backbone, scale, _network(description, features)).eval()
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"the prior's config.json describes no network that is known here ({error!r}).") from error


def _network(description: Mapping[str, Any], features: int) -> ScoreNetwork:
    head = dict(description["head"])
    make = partial(HEADS[head.pop("kind")], **head)
    if description["personality"] is None:
        return ScoreNetwork(None, make(features))
    joint = TwoStreams(None, make, features, partial(TraitHead, **description["personality"]))
    return joint if description["fused"] is None else fused(joint, **description["fused"])
