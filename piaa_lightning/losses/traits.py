"""The loss of personality traits predicted from an image."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.losses.shapes import same_shape


def trait_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Squared error averaged over users, liked images and traits, the talk's personality loss of PA_IAA.

    Source: L_p = 1/5 1/U 1/M sum_u sum_m sum_i (S^_p^umi - S_p^ui)^2: each of a user's M liked images carries the
    user's traits, so a row here is one (user, image) pair and a batch of rows estimates L_p.

    NOTE: a trait that is not known of a user (NaN) has no say; the talk's database has none such.

    Args:
        prediction: ``(batch, traits)`` in [-1, 1], from a tanh.
        target: ``(batch, traits)`` in [-1, 1], NaN where a trait is unknown.

    Returns:
        A scalar in [0, 4]; zero where nothing is known.

    Raises:
        ValueError: shapes that differ.
    """
    same_shape(prediction, target)
    known = ~target.isnan()
    # Filled before the square: the derivative of an unknown square would be 0 x NaN.
    error = torch.where(known, prediction - target, 0.0)
    return error.square().sum() / known.sum().clamp(min=1)
