"""Layers of a network by number: features from before its end, alone or beside others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError

Layer = str | int | Sequence[str | int]
LAST = -1

# The means of the running pass, by module; of this thread alone, since several may use one network.
_taken: ContextVar[dict[nn.Module, Tensor] | None] = ContextVar("taken", default=None)


class Stage(NamedTuple):
    """A run of modules whose maps have one shape."""

    name: str  # of the module that ends it
    channels: int


class Layers(nn.Module):
    """A network whose features are the mean over the map of some of its layers, beside each other.

    A layer is a run of modules, one after another, that learn something and whose maps have one shape: in MobileNetV2
    the stages of its blocks, in ResNet the first convolution and the four stages. The last is what the network itself
    returns, so -1 or ``last`` is the features without this class, and -2 the layer before it.

    Args:
        network: maps normalised images to features.
        stages: the layers before the last that are taken, None standing for the last, in the order of the features.
    """

    def __init__(self, network: nn.Module, stages: Sequence[Stage | None]) -> None:
        super().__init__()
        self.whole = network
        self.stages = tuple(stages)
        for stage in {stage for stage in stages if stage is not None}:
            network.get_submodule(stage.name).register_forward_hook(_take)

    def both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return ``(batch, features)`` of the layers, and what the network itself returns."""
        with _taking() as taken:
            last: Tensor = self.whole(images)
        means = [last if stage is None else taken[self.whole.get_submodule(stage.name)] for stage in self.stages]
        return torch.cat(means, dim=1), last

    def forward(self, images: Tensor) -> Tensor:
        """Return ``(batch, features)``."""
        return self.both(images)[0]

    def extra_repr(self) -> str:
        """Name the layers, which the cache of frozen features tells networks apart by."""
        return f"layers={[None if stage is None else stage.name for stage in self.stages]}"


def take_layers(network: nn.Module, layer: Layer, size: int, name: str) -> nn.Module:
    """Let a network return the layers that are asked for.

    Args:
        network: maps normalised images to features.
        layer: ``last``, a number counted from the end (-1 is the last), or a list of them.
        size: side of the square input in pixels.
        name: of the network, for the sentence.

    Returns:
        The network itself where the last alone is asked for.

    Raises:
        UserError: there is no such layer.
    """
    asked = [layer] if isinstance(layer, str | int) else list(layer)
    numbers = [LAST if one == "last" else one for one in asked]
    if numbers == [LAST]:
        return network
    stages: list[Stage | None] = [*stages_of(network, size), None]
    there = {number - len(stages): stage for number, stage in enumerate(stages)}
    for given, number in zip(asked, numbers, strict=True):
        if isinstance(number, bool) or number not in there:
            raise UserError(f"backbone.layer={given}: {name} has no such layer; it has {_told(there)}.")
    if not numbers:
        raise UserError(f"backbone.layer=[]: give at least one layer; {name} has {_told(there)}.")
    return Layers(network, [there[int(number)] for number in numbers])


def stages_of(network: nn.Module, size: int) -> list[Stage]:
    """Find the layers before the last, first to last, in a pass over noise.

    Only what certainly lies on the way from image to features counts: direct children of the network and of its
    sequences, each fed with the output of the one before. Where something else happens in between, as in networks of
    branches that are no modules, there is none.

    Args:
        network: maps normalised images to features.
        size: side of the square input in pixels.
    """
    images = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    steps: list[tuple[str, Tensor, Any]] = []
    handles = [
        module.register_forward_hook(lambda module, given, output, name=name: steps.append((name, given[0], output)))
        for name, module in _path(network)
    ]
    training = network.training
    try:
        with torch.no_grad():
            last = network.eval()(images)
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    maps = [step for step in steps if isinstance(step[2], Tensor) and step[2].dim() == 4 and min(step[2].shape[2:]) > 1]
    if any(given is not before[2] for before, (_, given, _) in pairwise(maps)):
        return []
    stages: list[Stage] = []
    for _, group in groupby(maps, key=lambda step: step[2].shape):
        run = list(group)
        if any(True for name, _, _ in run for _ in network.get_submodule(name).parameters()):  # more than pooling
            stages.append(Stage(run[-1][0], run[-1][2].shape[1]))
    if (
        maps
        and last.shape == (1, maps[-1][2].shape[1])
        and torch.allclose(last, maps[-1][2].mean(dim=(2, 3)), atol=1e-5)
    ):
        stages.pop()  # the last layer by another name
    return stages


def _path(network: nn.Module, prefix: str = "") -> Iterator[tuple[str, nn.Module]]:
    for name, child in network.named_children():
        if isinstance(child, nn.Sequential):
            yield from _path(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def _told(there: dict[int, Stage | None]) -> str:
    before = [f"{number} ({stage.channels} of {stage.name})" for number, stage in there.items() if stage is not None]
    return ", ".join(["last", *reversed(before)]) + ("" if before else " alone")


def _take(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
    taken = _taken.get()
    if taken is not None:
        taken[module] = output.mean(dim=(2, 3))  # at once: what comes next may work in place


@contextmanager
def _taking() -> Iterator[dict[nn.Module, Tensor]]:
    taken: dict[nn.Module, Tensor] = {}
    token = _taken.set(taken)
    try:
        yield taken
    finally:
        _taken.reset(token)
