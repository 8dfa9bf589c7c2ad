"""The interface of a rule of the inner loop: it moves a user's parameters along their gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn

from piaa_lightning.errors import UserError

RateGroups = Sequence[tuple[Sequence[Tensor], float]]  # parameters, and the learning rate alpha that they share


class InnerRule(ABC):
    """Move parameters in place, and start afresh for every user.

    A rule is one file here with an entry in :data:`~piaa_lightning.meta.rules.registry.RULES`.

    Attributes:
        parameters: what moves, in the order of the gradients.
        factor: multiplies every rate: a schedule, or a candidate that validation users try.
        differentiable: whether it has ``updates``, through which second-order learners differentiate.
        elementwise: whether every number moves by its own gradients alone, so that users can be stacked.
    """

    differentiable: ClassVar[bool] = False
    elementwise: ClassVar[bool] = True
    parameters: list[Tensor]
    factor = 1.0

    @classmethod
    @abstractmethod
    def build(cls, network: nn.Module, groups: RateGroups, options: Mapping[str, Any]) -> InnerRule:
        """Return a fresh rule.

        Args:
            network: whose parameters move.
            groups: pairs of parameters and their learning rate alpha.
            options: the rule's own settings.
        """

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        """Refuse options that the rule has not.

        Raises:
            UserError: this rule has none, as most have.
        """
        if options:
            raise UserError(
                f"inner.rule_options: this rule has no {next(iter(options))}; drop it, or take a rule of torch.optim."
            )

    @abstractmethod
    def step(self, gradients: Sequence[Tensor]) -> None:
        """Move the parameters in place.

        Args:
            gradients: one per parameter.
        """

    @abstractmethod
    def reset(self) -> None:
        """Forget the user before, in place."""

    @abstractmethod
    def moving(self, parameters: Sequence[Tensor]) -> InnerRule:
        """Return the same rule, fresh, for other parameters in the same order."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return what is remembered from step to step, for a checkpoint."""

    @abstractmethod
    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` returned."""


def regrouped(groups: RateGroups, parameters: Sequence[Tensor]) -> list[tuple[Sequence[Tensor], float]]:
    """Return the groups with other parameters in the same order."""
    found, start = [], 0
    for members, rate in groups:
        found.append((parameters[start : start + len(members)], rate))
        start += len(members)
    return found
