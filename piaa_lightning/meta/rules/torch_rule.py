"""Any optimiser of torch.optim as the rule of an inner loop."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from piaa_lightning.errors import UserError
from piaa_lightning.meta.rules.rule import InnerRule, RateGroups, regrouped
from piaa_lightning.runtime.choices import check_choice

UNFIT = ("Optimizer", "LBFGS", "SparseAdam")  # no optimiser, evaluates the loss itself, wants sparse gradients
WHOLE_TENSORS = ("Adafactor", "Muon")  # a number's step depends on its neighbours' gradients
NOT_OPTIONS = ("params", "lr", "differentiable")  # rates are of `lr_by_part`; a step is never differentiated through


class TorchRule(InnerRule):
    """A class of torch.optim, with a state of its own for every user.

    Args:
        groups: pairs of parameters and their learning rate alpha.
        options: the class's other arguments, such as ``{momentum: 0.9}``.

    Raises:
        UserError: an option that the class has not, or a value or a parameter that it refuses.
    """

    torch_class: ClassVar[type[Optimizer]]

    def __init__(self, groups: RateGroups, options: Mapping[str, Any]) -> None:
        self.check_options(options)
        self.groups = [(list(parameters), rate) for parameters, rate in groups if parameters]
        self.parameters = [parameter for parameters, _ in self.groups for parameter in parameters]
        self.options = dict(options)
        self.factor = 1.0
        self.reset()

    @classmethod
    def build(cls, network: nn.Module, groups: RateGroups, options: Mapping[str, Any]) -> TorchRule:
        """Return a fresh rule."""
        return cls(groups, options)

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Refuse options that the class of torch.optim has not.

        Raises:
            UserError: with the nearest name.
        """
        known = [name for name in inspect.signature(cls.torch_class).parameters if name not in NOT_OPTIONS]
        for option in options:
            check_choice("inner.rule_options", option, known)

    def reset(self) -> None:
        """Forget the user before."""
        with torch.inference_mode(False):
            # the same memory out of autograd's sight: torch.optim takes leaves alone
            groups = [{"params": [p.detach() for p in members], "lr": rate} for members, rate in self.groups]
            try:
                self.optimizer = self.torch_class(groups, **self.options)
            except (TypeError, ValueError) as error:
                raise UserError(
                    f"inner.rule={self.torch_class.__name__}: torch refuses it ({str(error).rstrip('.')}); correct"
                    " inner.rule_options, or take another rule."
                ) from error

    def moving(self, parameters: Sequence[Tensor]) -> TorchRule:
        """Return the same rule, fresh, for other parameters in the same order."""
        return type(self)(regrouped(self.groups, parameters), self.options)

    def state(self) -> dict[str, Any]:
        """Return the optimiser's state, for a checkpoint."""
        return self.optimizer.state_dict()

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up a state that :meth:`state` returned."""
        self.optimizer.load_state_dict(state)

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters in place.

        Args:
            gradients: one per parameter.
        """
        left = iter(gradients)
        for group, (_, rate) in zip(self.optimizer.param_groups, self.groups, strict=True):
            group["lr"] = rate * self.factor
            for parameter in group["params"]:
                parameter.grad = next(left)
        self.optimizer.step()
        self.optimizer.zero_grad()


def torch_rules() -> dict[str, type[TorchRule]]:
    """Return a rule for every class in torch.optim that can be one, by the class's name."""
    found = inspect.getmembers(torch.optim, inspect.isclass)
    return {
        name: type(f"Inner{name}", (TorchRule,), {"torch_class": made, "elementwise": name not in WHOLE_TENSORS})
        for name, made in found
        if issubclass(made, Optimizer) and name not in UNFIT
    }
