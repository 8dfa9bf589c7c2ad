"""The loss of an order: which of two images is the more beautiful."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.losses.score import score_loss
from piaa_lightning.losses.shapes import same_shape


def pair_ranking_loss(better: Tensor, worse: Tensor, margin: float) -> Tensor:
    """Margin loss over given pairs, max(0, margin - (s_i - s_j)) where image i stands above image j.

    Source: Kong, Shen, Lin, Mech and Fowlkes, "Photo Aesthetics Ranking Network with Attributes and Content
    Adaptation", ECCV 2016, whose Siamese network scores both images of a pair.

    NOTE: averaged over pairs; the paper's sum is divided by twice their number, which halves the step.

    Args:
        better: ``(pairs,)`` predicted scores of the images that stand above.
        worse: ``(pairs,)`` predicted scores of the images that stand below.
        margin: by how much a better image should lead, in the unit of the scores; at least 0.

    Returns:
        A scalar; zero, with a gradient of zero, where there are no pairs.

    Raises:
        ValueError: shapes that differ, or a margin below 0.
    """
    same_shape(better, worse)
    _check(margin)
    return (margin - (better - worse)).relu().sum() / max(better.numel(), 1)


def ranking_loss(prediction: Tensor, target: Tensor, margin: float) -> Tensor:
    """Margin loss over all pairs of a batch whose targets differ; see :func:`pair_ranking_loss`.

    NOTE: images with equal targets form no pair; the paper asks for an order of these too.

    Args:
        prediction: ``(batch,)`` scores.
        target: ``(batch,)`` scores, only their order counts.
        margin: by how much a better image should lead, in the unit of the predictions; at least 0.

    Returns:
        A scalar; zero, with a gradient of zero, where no two targets differ.

    Raises:
        ValueError: shapes that differ or are not ``(batch,)``, or a margin below 0.
    """
    same_shape(prediction, target)
    _check(margin)
    if prediction.ndim != 1:
        raise ValueError(f"predictions {tuple(prediction.shape)} must be (batch,)")
    better = target[:, None] > target[None, :]
    lead = prediction[:, None] - prediction[None, :]
    # Masked and not indexed: the size of what comes out never depends on values, which a compiler can use.
    return torch.where(better, (margin - lead).relu(), 0.0).sum() / better.sum().clamp(min=1)


def score_and_ranking_loss(prediction: Tensor, score: Tensor, margin: float, weight: float) -> Tensor:
    """Mean squared error plus a weight times the margin loss over all pairs, as Kong et al. 2016 train.

    Args:
        prediction: ``(batch,)`` in [0, 1].
        score: ``(batch,)`` in [0, 1].
        margin: see :func:`ranking_loss`.
        weight: of the margin loss, at least 0.

    Returns:
        A scalar.
    """
    return score_loss(prediction, score) + weight * ranking_loss(prediction, score, margin)


def _check(margin: float) -> None:
    if margin < 0:
        raise ValueError(f"margin must be at least 0, not {margin}: below it a wrong order would cost nothing")
