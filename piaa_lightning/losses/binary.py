"""The loss of a yes or no: is an image above the middle of the scale."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from piaa_lightning.losses.shapes import same_shape

ROUNDING = 1e-6  # of a score in [0, 1] that was stored in single precision


def binary_loss(prediction_probability: Tensor, score: Tensor, middle: float = 0.5) -> Tensor:
    """Binary cross entropy of being above the middle of the scale, with the natural logarithm.

    Source: AVA's protocol (Murray et al., CVPR 2012) calls an image good when its mean vote is *above* 5 and bad
    otherwise. A mean of exactly 5 counts as bad here too, although single precision may store it a little higher.

    NOTE: on AVA's votes 1..10 the threshold of 5 is 4/9 in [0, 1], not the middle .5, which is a vote of 5.5. A
    logarithm is held above -100, so the loss of a sure and wrong prediction is finite.

    Args:
        prediction_probability: ``(batch,)`` probability in [0, 1] that an image is above ``middle``.
        score: ``(batch,)`` in [0, 1].
        middle: the threshold, in [0, 1].

    Returns:
        A scalar in [0, 100].

    Raises:
        ValueError: shapes that differ.
    """
    same_shape(prediction_probability, score)
    # In single precision also under autocast, which refuses a cross entropy of half-precision probabilities.
    with torch.autocast(prediction_probability.device.type, enabled=False):
        probability = prediction_probability.float()
        return binary_cross_entropy(probability, (score - middle > ROUNDING).to(probability.dtype))
