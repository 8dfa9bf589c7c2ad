"""Plain gradient steps for an inner loop: the rule that MAML and Meta-SGD differentiate through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from piaa_lightning.meta.rules.rule import InnerRule, RateGroups


class InnerSGD(InnerRule):
    """theta <- theta - alpha g, with alpha a number per group or a tensor per parameter (Meta-SGD's learnt rates).

    Args:
        parameters: what moves.
        rates: alpha of each parameter: a number, or a tensor of the parameter's shape.
    """

    differentiable: ClassVar[bool] = True

    def __init__(self, parameters: Sequence[Tensor], rates: Sequence[float | Tensor]) -> None:
        self.parameters = list(parameters)
        self.rates = list(rates)
        self.factor = 1.0

    @classmethod
    def build(cls, network: nn.Module, groups: RateGroups, options: Mapping[str, Any]) -> InnerSGD:
        """Return a fresh rule."""
        parameters = [parameter for members, _ in groups for parameter in members]
        return cls(parameters, [rate for members, rate in groups for _ in members])

    def reset(self) -> None:
        """There is no state to forget."""

    def moving(self, parameters: Sequence[Tensor]) -> InnerSGD:
        """Return the same rule for other parameters in the same order."""
        return InnerSGD(parameters, self.rates)

    def state(self) -> dict[str, Any]:
        """There is no state to keep."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """There is no state to take up."""

    def updates(self, gradients: Sequence[Tensor]) -> list[Tensor]:
        """Return -alpha g for every parameter, differentiably."""
        return [-self.factor * rate * gradient for rate, gradient in zip(self.rates, gradients, strict=True)]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters in place.

        Args:
            gradients: one per parameter.
        """
        torch._foreach_add_(self.parameters, self.updates(gradients))
