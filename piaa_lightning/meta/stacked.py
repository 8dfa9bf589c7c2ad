"""Several users at once: their parameters stacked, every step taken by all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.inner_loop import InnerLoop, outside
from piaa_lightning.meta.rules.registry import RULES


def why_not_stacked(inner: InnerLoop) -> str:
    """Return why users cannot be stacked; empty where they can."""
    if inner.dropout:
        return "dropout draws for each user separately"
    if inner.bn_mode != "frozen":
        return "batch statistics are each user's own"
    if not RULES[inner.rule].elementwise:
        return f"a step of {inner.rule} mixes the numbers of a parameter, and so the users"
    return ""


class Stack:
    """As many users as fit a batch, each with parameters of their own; equal to one after another up to rounding.

    Pays where a network is small, a head on frozen features above all: there most of a step is the cost of starting
    it. A convolution with weights per user is slower than users one by one on a CPU.

    Args:
        engine: the prior and how it descends, see :func:`why_not_stacked`; the prior itself never moves.
        users: how many.
        factor: multiplies the inner rates.
    """

    def __init__(self, engine: Adaptation, users: int, factor: float = 1.0) -> None:
        self.inner = engine.inner
        self.stepped = engine.stepped
        rule = engine.inner.optimizer(engine.network)
        names = {id(parameter): name for name, parameter in self.stepped.named_parameters()}
        self.names = [names[id(parameter)] for parameter in rule.parameters]
        with torch.inference_mode(False):
            own = [p.detach().expand(users, *p.shape).clone() for p in rule.parameters]
        self.rule = rule.moving(own)
        self.rule.factor = factor

    def descend(self, inputs: Tensor, scores: Tensor, steps: int) -> None:
        """Take full-batch steps, every user on their own batch.

        Args:
            inputs: ``(users, batch, ...)``.
            scores: ``(users, batch)`` in [0, 1].
            steps: how many.
        """

        def loss(own: dict[str, Tensor], inputs: Tensor, scores: Tensor) -> Tensor:
            return self.inner.loss(functional_call(self.stepped, own, (inputs,)), scores)

        self.inner.set_mode(self.stepped)
        with torch.inference_mode(False), torch.enable_grad():
            inputs, scores = outside(inputs), outside(scores)
            for _ in range(steps):
                slopes = vmap(grad(loss))(self._own(), inputs, scores)
                self.rule.step([slopes[name] for name in self.names])
        self.stepped.eval()

    @torch.no_grad()
    def score(self, inputs: Tensor) -> Tensor:
        """Score ``(users, images, ...)``, every user's images with their own parameters."""

        def scores(own: dict[str, Tensor], inputs: Tensor) -> Tensor:
            return cast(Tensor, functional_call(self.stepped, own, (inputs,)))

        return vmap(scores)(self._own(), inputs)

    def _own(self) -> dict[str, Tensor]:
        return dict(zip(self.names, self.rule.parameters, strict=True))


def padded(batches: Sequence[Tensor]) -> Tensor:
    """Stack batches of several lengths; the shorter ones are filled up with their first row."""
    longest = max(len(batch) for batch in batches)
    return torch.stack(
        [torch.cat([batch, batch[:1].expand(longest - len(batch), *batch.shape[1:])]) for batch in batches]
    )
