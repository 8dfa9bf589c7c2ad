"""A loss: squared near zero, straight further out."""

from __future__ import annotations

from torch.nn.functional import huber_loss as torch_huber


def huber_loss(prediction, target, delta=0.1):
    """Return the Huber loss of predicted and true scores in [0, 1] (Huber 1964)."""
    return torch_huber(prediction, target, delta=delta)
