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
