"""Batch norm that has finished learning, folded into the convolution before it: the same numbers in fewer passes."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

WITHIN = 1e-3  # of the largest output: a network whose outputs would move more is left as it is


def fused(network: nn.Module, size: int) -> nn.Module:
    """Return a copy of a network in which convolutions do what their batch norms did.

    Source: ``torch.nn.utils.fusion``. Which batch norm follows which convolution is seen in a pass over noise, so that
    it works for networks that torch cannot trace, and the copy is compared with the network on that noise.

    Args:
        network: in evaluation mode.
        size: side of its square input in pixels.

    Returns:
        The copy; unfused where it would give other numbers, in networks that use a convolution's output twice.
    """
    own = next(network.parameters(), torch.zeros(()))
    probe = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0)).to(own)
    made = copy.deepcopy(network)
    with torch.no_grad():
        expected = network(probe)
        for convolution, norm in _pairs(made, probe):
            _fuse(made, convolution, norm)
        close = (made(probe) - expected).abs().max() <= WITHIN * expected.abs().max()
    return made if close else copy.deepcopy(network)


def _pairs(network: nn.Module, images: Tensor) -> list[tuple[str, str]]:
    """Name the convolutions whose output goes straight into a batch norm, with it; each that is used once."""
    made: dict[int, tuple[str, Tensor]] = {}  # the tensor is held, or its number could be another's
    found: list[tuple[str, str]] = []
    seen: list[str] = []

    def look(name: str) -> Any:
        def hook(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
            seen.append(name)
            if isinstance(module, nn.Conv2d):
                made[id(output)] = (name, output)
            elif id(given[0]) in made:
                found.append((made[id(given[0])][0], name))

        return hook

    handles = [
        module.register_forward_hook(look(name))
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    ]
    try:
        network(images)
    finally:
        for handle in handles:
            handle.remove()
    return [pair for pair in found if all(seen.count(name) == 1 for name in pair)]


def _fuse(network: nn.Module, convolution: str, norm: str) -> None:
    before, after = network.get_submodule(convolution), network.get_submodule(norm)
    assert isinstance(before, nn.Conv2d)
    assert isinstance(after, nn.BatchNorm2d)
    whole = fuse_conv_bn_eval(before, after)
    before.weight, before.bias = whole.weight, whole.bias
    # timm's batch norms end in an activation of their own
    rest: nn.Module = nn.Sequential(*(getattr(after, part) for part in ("drop", "act") if hasattr(after, part)))
    rest._forward_hooks.update(after._forward_hooks)  # a layer whose output is taken ends here, see `layers`
    network.set_submodule(norm, rest.eval())
