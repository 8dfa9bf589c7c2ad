"""The network that was fitted to one person: it scores pictures, and it can be looked into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.models.fusion import FusedHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.personalizer import Scorer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PersonalNetwork:
    """A `Scorer` that keeps its network.

    Args:
        network: fitted to the person.
        scorer: shows it pictures.
    """

    network: nn.Module
    scorer: NetworkScorer

    def __call__(self, images: Indices) -> Scores:
        """Score pictures, ``(len(images),)``."""
        return self.scorer.score(self.network, images)


def fused_weights(person: Scorer, images: Indices) -> Floats | None:
    """Return what each trait in a picture is worth to a person: W_b, or the mean of w(x) over pictures.

    Args:
        person: what a personaliser's ``fit`` returned.
        images: numbers of the pictures.

    Returns:
        ``(traits,)`` in units of the score, which lies in [0, 1]; None where there is no fusion.
    """
    if not isinstance(person, PersonalNetwork) or not isinstance(person.network, ScoreNetwork):
        return None
    network, head = person.network, person.network.head
    if not isinstance(head, FusedHead):
        return None

    def weights(inputs: Tensor) -> Tensor:
        return head.weights(network.embed(inputs))

    return person.scorer.map(weights, images).double().mean(dim=0).cpu().numpy()
