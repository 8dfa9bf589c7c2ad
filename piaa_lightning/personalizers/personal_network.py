"""The network that was fitted to one user: it scores images, and it can be looked into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.papers.fusion import FusedHead
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.personalizer import Scorer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PersonalNetwork:
    """A `Scorer` that keeps its network.

    Args:
        network: fitted to the user.
        scorer: shows it images.
    """

    network: nn.Module
    scorer: NetworkScorer

    def __call__(self, images: Indices) -> Scores:
        """Score images, ``(len(images),)``."""
        return self.scorer.score(self.network, images)


def fused_weights(user: Scorer, images: Indices) -> Floats | None:
    """Return what each trait in an image is worth to a user: W_b, or the mean of w(x) over images.

    Args:
        user: what a personalizer's ``fit_user`` returned.
        images: numbers of the images.

    Returns:
        ``(traits,)`` in units of the score, which lies in [0, 1]; None where there is no fusion.
    """
    if not isinstance(user, PersonalNetwork) or not isinstance(user.network, ScoreNetwork):
        return None
    network, head = user.network, user.network.head
    if not isinstance(head, FusedHead):
        return None

    def weights(inputs: Tensor) -> Tensor:
        return head.weights(network.embed(inputs))

    return user.scorer.map(weights, images).double().mean(dim=0).cpu().numpy()
