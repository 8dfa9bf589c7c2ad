"""The feature extractor of a run: one backbone or several, with sizes, scaling and cached features."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from piaa_lightning.data.images.raw import AnyImages
from piaa_lightning.data.ratings import Indices
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.backbones.frozen import Scaling, fit_scaling, frozen_features


class FeatureExtractor:
    """A backbone that is trained with each network, or frozen; made before any database is opened.

    Frozen, it turns every stored image into features once, and brings the features of all databases to one scale, which
    the training images of the first database decide.

    Args:
        backbone: turns images into features.
        frozen: whether it stays as it is.
        components: how many principal components of frozen features are kept; None keeps the features.
        cache: directory that keeps frozen features between runs.
        device: where frozen features are made.
    """

    def __init__(
        self,
        backbone: Backbone,
        frozen: bool = False,
        components: int | None = None,
        cache: Path = Path(),
        device: torch.device | str = "cpu",
    ) -> None:
        self.backbone = backbone
        self.frozen = frozen
        self.components = components if frozen else None
        self.cache = cache
        self.device = torch.device(device)
        self.scaling: Scaling | None = None

    @property
    def size(self) -> int:
        """Side of the square images that it sees, in pixels."""
        return self.backbone.size

    @property
    def sizes(self) -> list[int]:
        """Sides of the squares that its networks see, ascending; one where they agree."""
        return sorted({member.size for member in self.backbone.members})

    @property
    def features(self) -> int:
        """How many features of an image a head is fed with."""
        return self.components or self.backbone.features

    @property
    def trained(self) -> Backbone | None:
        """The backbone, where it is a part of each network and trained with it; None where it is frozen."""
        return None if self.frozen else self.backbone

    def copy(self) -> Backbone | None:
        """Return a backbone for one network alone, since two models never share one; None where it is frozen."""
        return copy.deepcopy(self.trained)

    def normalise(self, images: Tensor) -> Tensor:
        """Turn bytes into what the backbone was made for.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats, which stay.
        """
        return self.backbone.normalise(images)

    def __call__(self, images: Tensor) -> Tensor:
        """Turn images into what networks are fed with: features on the common scale, or the images themselves.

        Args:
            images: ``(batch, 3, size, size)`` normalised.

        Returns:
            ``(batch, features)``, or the images where the backbone is a part of each network; gradients pass.
        """
        return images if self.scaling is None else self.scaling.follow(self.backbone(images))

    def features_of(self, images: AnyImages | Mapping[int, AnyImages], training: Indices) -> Tensor:
        """Turn stored images into frozen features on the common scale.

        Args:
            images: of a database, at `size`; or by size, where its networks have several.
            training: numbers of its training images; those of the first database that is asked for decide the scale.

        Returns:
            ``(images, features)``.

        Raises:
            UserError: more components than training images or features.
        """
        values = frozen_features(self.backbone, images, self.cache, self.device)
        if self.scaling is None:
            self.scaling = fit_scaling(values, training, self.components)
        return self.scaling.apply(values)

    def scores(self, network: nn.Module) -> Callable[[Tensor], Tensor]:
        """Return a network's scores as a function of normalised images, whatever the network is fed with."""
        return lambda images: network(self(images))

    def to(self, device: torch.device) -> FeatureExtractor:
        """Move the backbone to a device, in evaluation mode."""
        self.backbone.to(device).eval()
        return self
