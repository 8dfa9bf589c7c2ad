"""The Adam of an inner loop, with the talk's reading of it as a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from piaa_lightning.meta.rules.rule import InnerRule, RateGroups, regrouped


class InnerAdam(InnerRule):
    """Adam with optional bias correction, whose state is reset in place for every user.

    The talk (BLG-PIAA, formulas before the algorithm) writes::

        m = mu1 m + (1 - mu1) g
        v = mu1 v + (1 - mu1) g^2
        theta <- theta - alpha m / (sqrt(v) + epsilon)

    NOTE: mu1 stands in both lines and nothing corrects the bias; that mu2 was meant in the second line is a hypothesis.
    ``betas=(0.9, 0.9), bias_correction=False`` is the talk to the letter, ``betas=(0.9, 0.999),
    bias_correction=True`` is ``torch.optim.Adam``.

    Args:
        groups: pairs of parameters and their learning rate alpha.
        betas: decay of the first and of the second moment, mu1 and mu2, in [0, 1).
        eps: epsilon, added to the root.
        bias_correction: whether moments are divided by 1 - beta^step.
    """

    def __init__(
        self,
        groups: RateGroups,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        bias_correction: bool = True,
    ) -> None:
        self.groups = [(list(parameters), rate) for parameters, rate in groups if parameters]
        self.parameters = [parameter for parameters, _ in self.groups for parameter in parameters]
        self.betas = betas
        self.eps = eps
        self.bias_correction = bias_correction
        self.first: list[Tensor] = []
        self.second: list[Tensor] = []
        self.factor = 1.0
        self.reset()

    @classmethod
    def build(cls, network: nn.Module, groups: RateGroups, options: Mapping[str, Any]) -> InnerAdam:
        """Return a fresh rule."""
        return cls(groups, **options)

    def reset(self) -> None:
        """Forget all moments."""
        self.steps = 0
        with torch.inference_mode(False):  # Lightning validates under it, and its tensors can never be moved in place
            if self.first and self.first[0].device == self.parameters[0].device:
                torch._foreach_zero_(self.first)
                torch._foreach_zero_(self.second)
            else:  # new, or the network has moved to another device since
                self.first = [torch.zeros_like(parameter) for parameter in self.parameters]
                self.second = [torch.zeros_like(parameter) for parameter in self.parameters]

    def moving(self, parameters: Sequence[Tensor]) -> InnerAdam:
        """Return the same rule, fresh, for other parameters in the same order."""
        return InnerAdam(regrouped(self.groups, parameters), self.betas, self.eps, self.bias_correction)

    def state(self) -> dict[str, Any]:
        """Return the moments, for a checkpoint."""
        return {"steps": self.steps, "first": self.first, "second": self.second}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up moments that :meth:`state` returned."""
        self.steps = int(state["steps"])
        torch._foreach_copy_(self.first, list(state["first"]))
        torch._foreach_copy_(self.second, list(state["second"]))

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters in place.

        Args:
            gradients: one per parameter, in the order of the groups.
        """
        self.steps += 1
        beta1, beta2 = self.betas
        torch._foreach_lerp_(self.first, list(gradients), 1 - beta1)
        torch._foreach_mul_(self.second, beta2)
        torch._foreach_addcmul_(self.second, list(gradients), list(gradients), 1 - beta2)
        scale1, scale2 = 1.0, 1.0
        if self.bias_correction:
            scale1, scale2 = 1 - beta1**self.steps, 1 - beta2**self.steps
        roots = torch._foreach_sqrt(self.second)
        torch._foreach_div_(roots, scale2**0.5)
        torch._foreach_add_(roots, self.eps)
        start = 0
        for parameters, rate in self.groups:
            end = start + len(parameters)
            rate *= self.factor
            torch._foreach_addcdiv_(parameters, self.first[start:end], roots[start:end], -rate / scale1)
            start = end
