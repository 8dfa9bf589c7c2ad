"""PA_IAA's fusion: a user's score is the generic score plus what the image's personality is worth to the user."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.network import ScoreNetwork
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead


class ConstantFusion(nn.Module):
    """One weight per trait for all images: W_b of the talk.

    Args:
        features: not used; both fusions are made alike.
        traits: how many there are.
    """

    def __init__(self, features: int, traits: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(traits))

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(batch, traits)`` weights."""
        return self.weight.expand(len(features), -1)


class ImageFusion(nn.Module):
    """Weights that depend on the image, as in the authors' code: a small network on the shared features gives w(x).

    NOTE: its last layer starts at zero, so that fusion begins as the generic score; the authors' starts at random.

    Args:
        features: length of a feature vector.
        traits: how many there are.
        hidden: width of the hidden layer; an assumption, the code's is not known.
    """

    def __init__(self, features: int, traits: int, hidden: int = 64) -> None:
        super().__init__()
        last = nn.Linear(hidden, traits)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(nn.Linear(features, hidden), nn.PReLU(), last)

    def forward(self, features: Tensor) -> Tensor:
        """Return ``(batch, traits)`` weights."""
        weights: Tensor = self.layers(features)
        return weights


FUSIONS: dict[str, Callable[[int, int], nn.Module]] = {"constant": ConstantFusion, "mlp": ImageFusion}
GENERIC = ("dist_mean", "sigmoid")


class FusedHead(nn.Module):
    """s_b = s_a + <w, s_p>: the aesthetics branch, corrected by the personality branch.

    Args:
        generic: gives s_a.
        personality: gives s_p.
        fusion: gives w.
    """

    def __init__(self, generic: nn.Module, personality: TraitHead, fusion: nn.Module) -> None:
        super().__init__()
        self.generic = generic
        self.personality = personality
        self.fusion = fusion

    def weights(self, features: Tensor) -> Tensor:
        """Return ``(batch, traits)``: what each trait in an image is worth, in units of the score."""
        weights: Tensor = self.fusion(features)
        return weights

    def forward(self, features: Tensor) -> Tensor:
        """Score images, ``(batch,)``; the correction may leave [0, 1]."""
        score: Tensor = self.generic(features) + (self.weights(features) * self.personality(features)).sum(dim=1)
        return score


def fused(network: nn.Module, fusion: str = "constant", generic: str = "dist_mean") -> ScoreNetwork:
    """Turn a trained two-stream network into one that scores for a user.

    Its fusion weights are zero, so that it scores as before. ``fusion=none`` is MT_IAA: the same joint training and no
    fusion, which is a hypothesis about what the talk calls so.

    Args:
        network: a `TwoStreams`; its parts are taken over, not copied.
        fusion: ``constant``, ``mlp`` or ``none``.
        generic: where s_a comes from: ``dist_mean``, the mean of the distribution, or ``sigmoid``, a new head of one
            score, which has to be trained.

    Raises:
        UserError: an unknown fusion or generic part, or a network without a personality branch.
    """
    if not isinstance(network, TwoStreams):
        raise UserError("task.grow: fusion needs a personality branch; let task.init_from be the joint task.")
    if fusion not in (*FUSIONS, "none"):
        raise UserError(f"task.grow.fusion={fusion}: there is no such fusion; choose {', '.join(FUSIONS)} or none.")
    if generic not in GENERIC:
        raise UserError(f"task.grow.generic={generic}: choose one of {', '.join(GENERIC)}.")
    scores = ScoreHead(network.features) if generic == "sigmoid" else network.head
    if fusion == "none":
        return ScoreNetwork(network.backbone, scores)
    weights = FUSIONS[fusion](network.features, network.personality.traits)
    return ScoreNetwork(network.backbone, FusedHead(scores, network.personality, weights))
