"""One network that adapts to one user after another in place: the engine of all first-order learners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn

from piaa_lightning.meta.inner_loop import InnerLoop, outside, usable
from piaa_lightning.meta.restored import restored


class Adaptation:
    """The in-place engine: no copy of the network, one optimiser that is reset in place.

    Held to equality with learn2learn's clone-and-adapt by the tests. Where only the head moves, and nothing below it
    depends on the step (batch norm frozen, dropout off), what lies below is computed once per batch; the network
    says that it can be parted so by having ``embed``, with ``network(x) == network.head(network.embed(x))``.

    Args:
        network: the prior.
        inner: how it descends.
    """

    def __init__(self, network: nn.Module, inner: InnerLoop) -> None:
        self.network = network
        self.inner = inner
        self.rule = inner.optimizer(network)
        self.parted = inner.layers == "head" and inner.bn_mode == "frozen" and not inner.dropout
        self.parted = self.parted and hasattr(network, "embed")

    @contextmanager
    def user(self, keep_buffers: bool = False, keep_state: bool = False) -> Iterator[list[Tensor]]:
        """Lend the network to a user.

        Args:
            keep_buffers: whether running statistics run on to the next user.
            keep_state: whether Adam's moments of the user before are gone on with.

        Yields:
            theta, copies of the moving parameters in the rule's order.
        """
        with restored(self.network, self.rule.parameters, keep_buffers) as theta:
            if not keep_state:
                self.rule.reset()
            yield theta

    def prepare(self, inputs: Tensor) -> Tensor:
        """Do once what no step changes.

        Args:
            inputs: ``(batch, 3, size, size)`` images or ``(batch, features)``.

        Returns:
            What :meth:`descend` and :meth:`score` take: features where only the head moves, else inputs of the network.
        """
        if not self.parted:
            with torch.inference_mode(False):
                return usable(self.network, inputs)
        embed = cast(Callable[[Tensor], Tensor], self.network.embed)
        self.network.eval()
        with torch.inference_mode(False), torch.no_grad():
            return embed(outside(inputs))

    def descend(self, prepared: Tensor, scores: Tensor, steps: int) -> None:
        """Take steps on a batch that :meth:`prepare` made."""
        self.inner.descend(self.stepped, self.rule, prepared, scores, steps)

    def score(self, prepared: Tensor) -> Tensor:
        """Score a batch that :meth:`prepare` made, in the mode that the last steps left."""
        with torch.no_grad():
            scores: Tensor = self.stepped(prepared)
        return scores

    @property
    def stepped(self) -> nn.Module:
        """What every step runs: the head alone where everything below it is computed once."""
        return cast(nn.Module, self.network.head) if self.parted else self.network
