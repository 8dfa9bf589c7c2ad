"""LightningModules that are made of plain values: what their constructors and checkpoints have in common."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR, LRScheduler

from piaa_lightning.errors import ArgumentError, ArgumentTypeError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import MakeHead, backbone_from, head_from
from piaa_lightning.models.network import ScoreNetwork

NETWORK = ("backbone", "weights", "head", "image_size", "backbone_options", "bins", "traits")  # what describes one


class FromPlainValues(pl.LightningModule):
    """A task that remembers the plain values that it was made of, so that a checkpoint is enough to make it again.

    What came from ``init_from`` is remembered as the plain values of the network there. A network that was handed over
    as an object has none: `load_from_checkpoint` is then given it once more, as ``backbone=...``.
    """

    def remember(self, values: Mapping[str, Any]) -> None:
        """Keep the plain values among the arguments as hyperparameters."""
        plain = {name: value for name, value in values.items() if _is_plain(value) and name != "init_from"}
        self.save_hyperparameters(plain)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Let the checkpoint stand for the weights that training started from."""
        super().on_save_checkpoint(checkpoint)
        if "weights" in checkpoint.get(self.CHECKPOINT_HYPER_PARAMS_KEY, {}):
            checkpoint[self.CHECKPOINT_HYPER_PARAMS_KEY]["weights"] = None


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(part) for part in value.values())
    if isinstance(value, list | tuple):
        return all(_is_plain(part) for part in value)
    return value is None or isinstance(value, str | int | float | bool)


def described(init_from: object, values: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with those that describe the network taken from the task that it starts from.

    Args:
        init_from: a task, or None.
        values: the arguments.
    """
    before = dict(getattr(init_from, "hparams", {}))
    return {**values, **{name: before[name] for name in NETWORK if name in before}} if before else values


def started_from(init_from: object) -> nn.Module:
    """Return a copy of a task's network; the task keeps its own.

    Raises:
        ArgumentTypeError: it has none.
    """
    network = getattr(init_from, "network", init_from)
    if not isinstance(network, nn.Module):
        raise ArgumentTypeError("init_from", f"a {type(init_from).__name__} has no network; give a trained task.")
    return copy.deepcopy(network).train()


def score_network_from(
    backbone: str | Backbone,
    weights: str | None,
    head: str | MakeHead,
    image_size: int | None,
    options: Mapping[str, Any] | None,
    **of_head: Any,
) -> ScoreNetwork:
    """Return a network that scores images, from plain values."""
    made = backbone_from(backbone, weights, image_size, options)
    return ScoreNetwork(made, head_from(head, **of_head)(made.features))


def adam(lr: float, weight_decay: float) -> Callable[..., Optimizer]:
    """Return what makes Adam.

    Raises:
        ArgumentError: a learning rate or a weight decay that is none.
    """
    if not lr > 0:
        raise ArgumentError("lr", "give a learning rate above 0.", lr)
    if weight_decay < 0:
        raise ArgumentError("weight_decay", "give a number from 0.", weight_decay)
    return partial(torch.optim.Adam, lr=lr, weight_decay=weight_decay)


def exponential(gamma: float) -> Callable[[Optimizer], LRScheduler] | None:
    """Return what makes the schedule lr x gamma^epoch; None where the rate stays.

    Raises:
        ArgumentError: a factor that is none.
    """
    if not 0 < gamma <= 1:
        raise ArgumentError("gamma", "give a factor above 0 and up to 1.", gamma)
    return None if gamma == 1 else partial(ExponentialLR, gamma=gamma)
