"""The head that turns features into the personality of users who like an image."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from piaa_lightning.models.layers import hidden_layers


class TraitHead(nn.Module):
    """Personality branch of PA_IAA: tanh(W_p d_p), one value per trait.

    The published branch is Linear 2048, batch norm, PReLU, dropout .5, Linear 1024, batch norm, PReLU, dropout .5,
    Linear 5, batch norm, tanh: ``hidden=[2048, 1024], norm=True, dropout=0.5, norm_output=True``.

    Args:
        features: length of a feature vector.
        traits: how many there are; the Big Five are five.
        hidden: widths of the hidden layers; empty for a linear branch.
        norm: whether each hidden layer is followed by batch norm.
        dropout: share of hidden units dropped in training, in [0, 1).
        norm_output: whether batch norm comes before tanh, as in the authors' code; the talk's formula has none.
    """

    def __init__(
        self,
        features: int,
        traits: int = 5,
        hidden: Sequence[int] = (),
        norm: bool = False,
        dropout: float = 0.0,
        norm_output: bool = False,
    ) -> None:
        super().__init__()
        self.traits = traits
        layers, width = hidden_layers(features, hidden, norm, dropout)
        after: list[nn.Module] = [nn.BatchNorm1d(traits)] if norm_output else []
        self.layers = nn.Sequential(*layers, nn.Linear(width, traits), *after)

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(batch, traits)`` in [-1, 1]."""
        values: Tensor = self.layers(features)
        return values.tanh()
