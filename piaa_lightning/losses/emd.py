"""The loss of a predicted distribution over ordered bins: how far mass has to be carried."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.losses.shapes import same_shape


def emd_loss(prediction: Tensor, target: Tensor, r: float = 2, squared: bool = False) -> Tensor:
    """Earth mover's distance between distributions over ordered bins, averaged over images.

    Source: Talebi and Milanfar, "NIMA: Neural Image Assessment", TIP 2018:
    EMD = (1/N sum_k |CDF^(k) - CDF(k)|^r)^(1/r), trained with r=2. Hou, Yu and Samaras, "Squared Earth Mover's
    Distance-based Loss", 2016, leave the root out; this is ``squared``.

    NOTE: divided by the bins before the root, as in NIMA; without that, values are N^(1/r) times as large. Where
    prediction equals target the root has no derivative: zero is taken, the least of its subgradients in norm.

    Args:
        prediction: ``(batch, bins)`` shares in [0, 1] from the worst bin to the best, rows sum to one.
        target: ``(batch, bins)`` shares in [0, 1] from the worst bin to the best, rows sum to one.
        r: 1 weighs distance evenly, 2 weighs great differences of the CDFs more; at least 1.
        squared: average the square of each image's distance, for r=2 the mean of squared differences.

    Returns:
        A scalar in [0, 1].

    Raises:
        ValueError: shapes that differ, or r below 1.
    """
    same_shape(prediction, target)
    if r < 1:
        raise ValueError(f"r must be at least 1, not {r}: below it this is no distance")
    carried = torch.cumsum(prediction - target, dim=-1)
    # The norm and not a root of a mean: its gradient at zero is zero, that of the root is infinite.
    distance: Tensor = torch.linalg.vector_norm(carried, ord=r, dim=-1) / carried.shape[-1] ** (1 / r)
    return (distance.square() if squared else distance).mean()
