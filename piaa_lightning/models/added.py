"""Layers that are added to a trained network, so that they alone move with a user."""

from __future__ import annotations

from torch import nn


class Added(nn.Module):
    """Marks parameters that were added: ``layers=added`` of an inner loop moves these and nothing else."""


def swap(network: nn.Module, path: str, module: nn.Module) -> None:
    """Put a module into a network in place of the one at a path."""
    parent, _, name = path.rpartition(".")
    setattr(network.get_submodule(parent), name, module)


def is_plain_convolution(module: nn.Module) -> bool:
    """Say whether a module is torch's own convolution over all channels; subclasses pad in ways of their own."""
    return type(module) is nn.Conv2d and module.groups == 1
