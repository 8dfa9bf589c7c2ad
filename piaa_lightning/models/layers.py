"""Fully connected hidden layers, as all heads of the field have them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def hidden_layers(features: int, hidden: Sequence[int], norm: bool, dropout: float) -> tuple[list[nn.Module], int]:
    """Make the layers before a head's last one: linear, batch norm, PReLU and dropout for every width.

    Args:
        features: length of a feature vector.
        hidden: widths; empty for none.
        norm: whether each is followed by batch norm.
        dropout: share of units dropped in training, in [0, 1).

    Returns:
        The layers, and the length of what comes out of them.
    """
    layers: list[nn.Module] = []
    for width in hidden:
        layers.append(nn.Linear(features, width))
        if norm:
            layers.append(nn.BatchNorm1d(width))
        layers.append(nn.PReLU())
        if dropout:
            layers.append(nn.Dropout(dropout))
        features = width
    return layers, features
