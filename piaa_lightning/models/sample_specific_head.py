"""A classifier whose weights depend on the image that it evaluates."""

from __future__ import annotations

from torch import Tensor, nn


class SampleSpecificHead(nn.Module):
    """Score sigmoid(<w + g(x), x> + b): every sample is evaluated by weights of its own.

    Source: most likely Zhang, Zhu, Xu, Liu et al., "Visual aesthetic understanding: Sample-specific aesthetic
    classification and deep activation map visualization", Signal Processing: Image Communication 2018.
    NOTE: a hypothesis, the plainest reading of the title: a small network g adds to common weights w what a sample asks
    for. g starts at zero, so that all samples start with the common weights. The maps of the title are left out.

    Args:
        features: length of a feature vector.
        hidden: width of g's hidden layer.
    """

    def __init__(self, features: int, hidden: int = 64) -> None:
        super().__init__()
        self.common = nn.Linear(features, 1)
        last = nn.Linear(hidden, features)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.specific = nn.Sequential(nn.Linear(features, hidden), nn.PReLU(), last)

    def weights(self, features: Tensor) -> Tensor:
        """Return the weights that each sample is evaluated by, ``(batch, features)``."""
        weights: Tensor = self.common.weight + self.specific(features)
        return weights

    def forward(self, features: Tensor) -> Tensor:
        """Score images, ``(batch,)`` in [0, 1]."""
        return ((self.weights(features) * features).sum(dim=1) + self.common.bias).sigmoid()
