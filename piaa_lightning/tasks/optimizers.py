"""Optimisers of torch by name, so that a recipe says in one line which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from piaa_lightning.errors import ArgumentError
from piaa_lightning.runtime.choices import check_choice

NAMES = ("Adam", "AdamW", "SGD")


def torch_optimizer(
    params: Iterable[nn.Parameter] | Iterable[dict[str, Any]],
    name: str,
    lr: float,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
) -> Optimizer:
    """Return an optimiser.

    Args:
        params: parameters, or groups of them with rates of their own.
        name: ``Adam``, ``AdamW`` or ``SGD``.
        lr: learning rate.
        weight_decay: of all parameters.
        momentum: of SGD; the others have moments of their own.

    Raises:
        ArgumentError: no such name, or a momentum that it does not have.

    Example:
        >>> torch_optimizer(nn.Linear(1, 1).parameters(), "SGD", 1e-4, momentum=0.9).defaults["momentum"]
        0.9
    """
    check_choice("name", name, NAMES)
    if momentum and name != "SGD":
        raise ArgumentError("momentum", f"{name} has moments of its own; give 0, or take SGD.", momentum)
    options = {"momentum": momentum} if name == "SGD" else {}
    made: Optimizer = getattr(torch.optim, name)(params, lr=lr, weight_decay=weight_decay, **options)
    return made
