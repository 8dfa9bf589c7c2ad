"""The loss of a predicted score."""

from __future__ import annotations

from torch import Tensor

from piaa_lightning.losses.shapes import same_shape


def score_loss(prediction: Tensor, score: Tensor) -> Tensor:
    """Mean squared error, L_tau = 1/M sum_i (y^_i - y_i)^2 of the talk's BLG-PIAA and L_b of PA_IAA.

    Args:
        prediction: ``(batch,)`` in [0, 1].
        score: ``(batch,)`` in [0, 1].

    Returns:
        A scalar.

    Raises:
        ValueError: shapes that differ.
    """
    same_shape(prediction, score)
    return (prediction - score).square().mean()


def score_loss_from(prediction: Tensor, score: Tensor, lowest: float) -> Tensor:
    """Mean squared error to scores of which the worst is not 0: ``lowest + (1 - lowest) * score``.

    Source: the authors' code of BLG-PIAA divides scores from 1 to 5 by 5, so that the worst is .2; inside the program
    it is 0. The order of images stays.

    Args:
        prediction: ``(batch,)`` in [0, 1].
        score: ``(batch,)`` in [0, 1].
        lowest: what the worst score becomes, in [0, 1).

    Returns:
        A scalar.

    Raises:
        ValueError: shapes that differ.

    Example:
        >>> import torch
        >>> float(score_loss_from(torch.tensor([0.2, 1.0]), torch.tensor([0.0, 1.0]), lowest=0.2))
        0.0
    """
    return score_loss(prediction, lowest + (1 - lowest) * score)
