"""Schedules of the learning rate that torch does not have."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def compounding(optimizer: Optimizer, gamma: float) -> LambdaLR:
    """Multiply the *current* rate by gamma^e after epoch e, as the authors' code does.

    NOTE: a deviation of the published code, kept to show what it does: the rate of epoch e is lr x gamma^(1 + 2 + .. +
    e), of which .9 leaves 1/330 in epoch 10 and .5 leaves 1/1024 in epoch 4. The talk's schedule is lr x gamma^e,
    which is torch's ``ExponentialLR``.

    Args:
        optimizer: whose rates change.
        gamma: in (0, 1].
    """
    return LambdaLR(optimizer, lambda epoch: gamma ** (epoch * (epoch + 1) // 2))
