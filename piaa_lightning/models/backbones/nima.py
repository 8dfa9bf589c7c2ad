"""NIMA: a network that was taught on AVA how people vote, and the score that it gives for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from piaa_lightning.data.images.decode import Resize
from piaa_lightning.models.backbones.backbone import Backbone, Square
from piaa_lightning.models.backbones.layers import Layers

VOTES = 10  # from 1 to 10, as on AVA


class Nima(Backbone):
    """A backbone that remembers the layer which turns its features into ten votes.

    Source: Talebi & Milanfar, "NIMA: Neural image assessment", IEEE TIP 2018: softmax over ten votes, and the score is
    their mean, sum of k p_k. NOTE: the mean is mapped from 1..10 to [0, 1].

    The votes are not trained further: they belong to the features that the weights gave.

    Args:
        network: MobileNet-v1 without its last layer, or `Layers` of it.
        votes: that layer.
        features: length of a feature vector.
        size: side of the square input in pixels.
        mean: per channel, of pixels in [0, 1].
        std: per channel, of pixels in [0, 1].
        resize: see `Backbone`.
    """

    votes_weight: Tensor
    votes_bias: Tensor

    def __init__(
        self,
        network: nn.Module,
        votes: nn.Linear,
        features: int,
        size: int,
        mean: Sequence[float],
        std: Sequence[float],
        resize: Resize = "bicubic",
    ) -> None:
        super().__init__(network, features, size, mean, std, resize)
        # buffers and no parameters: an optimiser would pull them along, and a process would wait for their gradients
        self.register_buffer("votes_weight", votes.weight.detach().clone())
        self.register_buffer("votes_bias", votes.bias.detach().clone())

    def distribution(self, images: Tensor | Mapping[Square, Tensor]) -> Tensor:
        """Predict how votes from 1 to 10 are distributed, ``(batch, 10)``."""
        given = images if isinstance(images, Tensor) else images[self.size, self.resize]
        return self._votes(self._both(given)[1])

    def scores(self, images: Tensor | Mapping[Square, Tensor]) -> Tensor:
        """Score images for everybody.

        Args:
            images: see `Backbone.forward`.

        Returns:
            ``(batch,)`` in [0, 1]; NIMA's own score of 1 to 10 is 1 + 9 times it.

        Example:
            >>> import torch
            >>> from piaa_lightning.models.backbones.factory import build_backbone
            >>> grey = torch.full((1, 3, 224, 224), 127, dtype=torch.uint8)
            >>> bool(build_backbone("nima").eval().scores(grey) < 0.5)
            True
        """
        score = self.with_score(images)[1]
        assert score is not None
        return score

    def _both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        normal = self.normalise(images)
        if isinstance(self.network, Layers):
            return self.network.both(normal)
        features: Tensor = self.network(normal)
        return features, features

    def _votes(self, last: Tensor) -> Tensor:
        return linear(last, self.votes_weight, self.votes_bias).softmax(dim=1)

    def _look(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        features, last = self._both(images)
        return features, mean_vote(self._votes(last))


def mean_vote(distribution: Tensor) -> Tensor:
    """Return the mean of ``(batch, 10)`` votes from 1 to 10, mapped to [0, 1]."""
    votes = torch.arange(VOTES, dtype=distribution.dtype, device=distribution.device)
    return distribution @ votes / (VOTES - 1)
