"""The losses of what is in an image: labels that may be present together, and shares of contents that sum to one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from piaa_lightning.losses.shapes import same_shape

LEAST = 1e-30  # of a share whose logarithm is taken


def label_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Binary cross entropy of labels over the images and labels that are known, with the natural logarithm.

    Source: Kao, He and Huang, "Deep aesthetic quality assessment with semantic information", TIP 2017, whose semantic
    part is a sigmoid cross entropy over tags; Lu et al. 2015 and Wang et al. 2016 learn AVA's styles likewise.

    NOTE: a label that is not known (NaN) has no say. Predictions lie in [-1, 1], as of attributes: (1 + value) / 2 is
    the probability. A logarithm is held above -100.

    Args:
        prediction: ``(batch, labels)`` in [-1, 1], from a tanh.
        target: ``(batch, labels)``; above 0 where an image has the label, NaN where that is unknown.

    Returns:
        A scalar in [0, 100]; zero, with a gradient of zero, where nothing is known.

    Raises:
        ValueError: shapes that differ.
    """
    same_shape(prediction, target)
    known = ~target.isnan()
    with torch.autocast(prediction.device.type, enabled=False):
        probability = ((1 + prediction.float()) / 2).clamp(0, 1)
        # what is unknown is filled before the loss, so that no gradient is 0 x NaN
        each = binary_cross_entropy(probability, (target > 0).float(), reduction="none")
    return torch.where(known, each, 0.0).sum() / known.sum().clamp(min=1)


def content_loss(shares: Tensor, target: Tensor) -> Tensor:
    """Cross entropy between a gate's shares of contents and what an image is known to hold.

    An image with several contents is held to be so much of each. Images with none have no say.

    Args:
        shares: ``(batch, contents)`` in [0, 1], rows sum to one.
        target: ``(batch, contents)``; above 0 where an image has the content; rows may be NaN.

    Returns:
        A scalar of at least 0; zero, with a gradient of zero, where nothing is known.

    Raises:
        ValueError: shapes that differ.
    """
    same_shape(shares, target)
    holds = (target > 0).float()
    count = holds.sum(dim=1, keepdim=True)
    true = holds / count.clamp(min=1)
    each = -(true * shares.float().clamp(min=LEAST).log()).sum(dim=1)
    return each.sum() / (count > 0).sum().clamp(min=1)
