"""The head that turns features into one score."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from piaa_lightning.models.layers import hidden_layers


class ScoreHead(nn.Module):
    """Fully connected layers from features to a score in [0, 1].

    BLG-PIAA's published head is Linear 1024, batch norm, PReLU, dropout .5, Linear 512, batch norm, PReLU,
    dropout .5, Linear 1, sigmoid: ``hidden=[1024, 512], norm=True, dropout=0.5``.

    NOTE: batch norm and dropout are off by default, because a user's ten images neither estimate batch statistics
    nor survive half the units; the published head is one config value away.

    Args:
        features: length of a feature vector.
        hidden: widths of the hidden layers; empty for a linear score.
        norm: whether each hidden layer is followed by batch norm.
        dropout: share of hidden units dropped in training, in [0, 1).
    """

    def __init__(self, features: int, hidden: Sequence[int] = (), norm: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        layers, features = hidden_layers(features, hidden, norm, dropout)
        layers.append(nn.Linear(features, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """Score images.

        Args:
            features: ``(batch, features)``.

        Returns:
            ``(batch,)`` in [0, 1], higher is more beautiful.
        """
        score: Tensor = self.layers(features)
        return score.squeeze(1).sigmoid()
