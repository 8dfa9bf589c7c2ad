"""Experts for kinds of content: several heads, blended by how much of each content an image holds."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


class Experts(nn.Module):
    """K heads on the same features, their scores blended by a gate that sums to one.

    Source: Kong et al., ECCV 2016, content-adaptive model: K branches of one score each, weighted by the softmax of a
    classifier of content.

    Args:
        features: length of a feature vector.
        expert: makes one head.
        experts: K.
    """

    def __init__(self, features: int, expert: Callable[[int], nn.Module], experts: int) -> None:
        super().__init__()
        self.gate = nn.Linear(features, experts)
        self.experts = nn.ModuleList([expert(features) for _ in range(experts)])

    def shares(self, features: Tensor) -> Tensor:
        """Return how much of each content images hold, ``(batch, experts)``, rows sum to one."""
        gate: Tensor = self.gate(features)
        return gate.softmax(dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """Score images, ``(batch,)`` in [0, 1]."""
        scores = torch.stack([expert(features) for expert in self.experts], dim=1)
        return (self.shares(features) * scores).sum(dim=1)
