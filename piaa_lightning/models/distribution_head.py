"""The head that turns features into a distribution of votes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from piaa_lightning.models.layers import hidden_layers


class DistributionHead(nn.Module):
    """Softmax over the levels of a vote, s_an = exp(W_an d_a) / sum_j exp(W_aj d_a) of the talk; its mean is the score.

    PA_IAA's published branch is Linear 2048, batch norm, PReLU, dropout .5, Linear 1024, batch norm, PReLU, dropout .5,
    Linear 10, softmax: ``hidden=[2048, 1024], norm=True, dropout=0.5``. NIMA's is ``hidden=[], input_dropout=0.75``.

    Args:
        features: length of a feature vector.
        bins: levels of a vote, from worst to best; AVA's are 1 to 10.
        hidden: widths of the hidden layers; empty for a linear head.
        norm: whether each hidden layer is followed by batch norm.
        dropout: share of hidden units dropped in training, in [0, 1).
        input_dropout: share of features dropped in training, in [0, 1).
    """

    levels: Tensor

    def __init__(
        self,
        features: int,
        bins: int = 10,
        hidden: Sequence[int] = (),
        norm: bool = False,
        dropout: float = 0.0,
        input_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        layers, width = hidden_layers(features, hidden, norm, dropout)
        before: list[nn.Module] = [nn.Dropout(input_dropout)] if input_dropout else []
        self.bins = bins
        self.layers = nn.Sequential(*before, *layers, nn.Linear(width, bins))
        self.register_buffer("levels", torch.linspace(0, 1, bins), persistent=False)

    def distribution(self, features: Tensor) -> Tensor:
        """Return ``(batch, bins)``, rows sum to one."""
        votes: Tensor = self.layers(features)
        return votes.softmax(dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """Score images by the mean of the distribution.

        Args:
            features: ``(batch, features)``.

        Returns:
            ``(batch,)`` in [0, 1], higher is more beautiful.
        """
        return self.mean(self.distribution(features))

    def mean(self, distribution: Tensor) -> Tensor:
        """Return the means of distributions, ``(batch,)`` in [0, 1]."""
        return (distribution * self.levels).sum(dim=1)  # no product of matrices, which autocast would round
