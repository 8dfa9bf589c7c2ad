"""The interface of every backbone."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from piaa_lightning.data.images.decode import Resize
from piaa_lightning.models.backbones.fusion import fused

Square = tuple[int, Resize]  # how a network wants its images made: side in pixels, and the filter of the squash


class Backbone(nn.Module):
    """A feature extractor that knows how its images must look.

    Normalisation happens here, on the device, so that images travel and are stored as bytes.

    Args:
        network: maps ``(batch, 3, size, size)`` normalised images to ``(batch, features)``.
        features: length of a feature vector.
        size: side of the square input in pixels.
        mean: per channel, of pixels in [0, 1].
        std: per channel, of pixels in [0, 1].
        resize: how photographs are squashed to that size, see `data.images.decode.squash`; a published protocol names
            its own way, ``data.resize``, which goes before.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        features: int,
        size: int,
        mean: Sequence[float],
        std: Sequence[float],
        resize: Resize = "bicubic",
    ) -> None:
        super().__init__()
        self.network = network
        self.features = features
        self.size = size
        self.resize: Resize = resize
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    @property
    def squares(self) -> tuple[Square, ...]:
        """How images are to be made for it: one square for each size and resize that its networks need."""
        return ((self.size, self.resize),)

    @property
    def members(self) -> tuple[Backbone, ...]:
        """The networks that it is made of: itself, or several."""
        return (self,)

    def normalise(self, images: Tensor) -> Tensor:
        """Turn bytes into what the network was made for; floats are taken to be that already.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats.
        """
        if images.is_floating_point():
            return images
        return images.to(self.mean.dtype).div_(255).sub_(self.mean).div_(self.std)

    def forward(self, images: Tensor | Mapping[Square, Tensor]) -> Tensor:
        """Turn images into features.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats; or such bytes for each of `squares`.

        Returns:
            ``(batch, features)``.
        """
        return self.with_score(images)[0]

    def with_score(self, images: Tensor | Mapping[Square, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Turn images into features and, where a network was taught what is beautiful, into its score, in one pass.

        Args:
            images: see `forward`.

        Returns:
            ``(batch, features)``, and ``(batch,)`` scores in [0, 1] or None.
        """
        return self._look(images if isinstance(images, Tensor) else images[self.size, self.resize])

    def _look(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        features: Tensor = self.network(self.normalise(images))
        return features, None

    def for_inference(self) -> Backbone:
        """Return a copy for looking alone: convolutions fused with their batch norms, channels last.

        The features agree within 1e-4 (rounding). On one core it takes two thirds of the time of the network as it is
        built, or less, see experiments/performance. Gradients reach pixels and no parameter; its state is not that of
        the network, so it is not for saving.
        """
        made = copy.deepcopy(self).eval().requires_grad_(False)
        for member in made.members:
            member.network = fused(member.network, member.size).to(memory_format=torch.channels_last)
        return made
