"""What every backbone is to the rest of the program."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Backbone(nn.Module):
    """A feature extractor that knows how its images must look.

    Normalisation happens here, on the device, so that images travel and are stored as bytes.

    Args:
        network: maps ``(batch, 3, size, size)`` normalised images to ``(batch, features)``.
        features: length of a feature vector.
        size: side of the square input in pixels.
        mean: per channel, of pixels in [0, 1].
        std: per channel, of pixels in [0, 1].
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, network: nn.Module, features: int, size: int, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        super().__init__()
        self.network = network
        self.features = features
        self.size = size
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def normalise(self, images: Tensor) -> Tensor:
        """Turn bytes into what the network was made for; floats are taken to be that already.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats.
        """
        if images.is_floating_point():
            return images
        return images.to(self.mean.dtype).div_(255).sub_(self.mean).div_(self.std)

    def forward(self, images: Tensor) -> Tensor:
        """Turn images into features.

        Args:
            images: ``(batch, 3, size, size)`` uint8, or normalised floats.

        Returns:
            ``(batch, features)``.
        """
        features: Tensor = self.network(self.normalise(images))
        return features
