"""Plain gradient steps for an inner loop: the rule that MAML and Meta-SGD differentiate through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class InnerSGD:
    """theta <- theta - alpha g, with alpha a number per group or a tensor per parameter (Meta-SGD's learnt rates).

    Args:
        parameters: what moves.
        rates: alpha of each parameter: a number, or a tensor of the parameter's shape.
    """

    def __init__(self, parameters: Sequence[Tensor], rates: Sequence[float | Tensor]) -> None:
        self.parameters = list(parameters)
        self.rates = list(rates)
        self.factor = 1.0  # multiplies every rate: a schedule, or a candidate that validation users try

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
