"""A network that a laptop trains from nothing within a minute."""

from __future__ import annotations

from torch import Tensor, nn


class SmallCNN(nn.Module):
    """Three convolutions and a layout-aware projection, for the embedded databases at 64 pixels.

    The last map is flattened rather than pooled: where a subject stands in the frame matters for composition.

    Args:
        width: channels after the first convolution; they double twice.
        features: length of the feature vector.
        size: side of the square input in pixels, a multiple of 16.
    """

    def __init__(self, width: int = 16, features: int = 128, size: int = 64) -> None:
        super().__init__()
        self.num_features = features
        self.layers = nn.Sequential(
            *_convolution(3, width, kernel=4, stride=4),
            *_convolution(width, 2 * width, kernel=3, stride=2),
            *_convolution(2 * width, 4 * width, kernel=3, stride=2),
            nn.Flatten(),
            nn.Linear(4 * width * (size // 16) ** 2, features),
            nn.ReLU(),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Turn ``(batch, 3, size, size)`` normalised images into ``(batch, features)``."""
        features: Tensor = self.layers(images)
        return features


def _convolution(channels: int, out: int, kernel: int, stride: int) -> list[nn.Module]:
    padding = 0 if kernel == stride else kernel // 2
    return [
        nn.Conv2d(channels, out, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(),
    ]
