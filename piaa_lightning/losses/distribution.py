"""The loss of a predicted distribution that knows no order of the bins."""

from __future__ import annotations

from torch import Tensor

from piaa_lightning.losses.shapes import same_shape


def distribution_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Squared error averaged over images and bins, the talk's generic loss of PA_IAA.

    Source: L_a = 1/N_a 1/N sum_i sum_n (s^_n^i - s_n^i)^2 over N_a images and N bins.
    With 10 bins its values are small (two distributions differ by at most 2/N), which an optimiser's rate must meet.

    Args:
        prediction: ``(batch, bins)`` shares in [0, 1], rows sum to one.
        target: ``(batch, bins)`` shares in [0, 1], rows sum to one.

    Returns:
        A scalar in [0, 2/bins].

    Raises:
        ValueError: shapes that differ.
    """
    same_shape(prediction, target)
    return (prediction - target).square().mean()
