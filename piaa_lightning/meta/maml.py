"""MAML: the gradient of the query loss through the inner steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from torch import Tensor, nn

from piaa_lightning.data.batches import Episode
from piaa_lightning.errors import UserError
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.learner import MetaLearner
from piaa_lightning.meta.rules.registry import RULES
from piaa_lightning.meta.user_network import UserNetwork


class MAMLLearner(MetaLearner):
    """MAML, second order (Finn, Abbeel and Levine, ICML 2017): d L_query(theta'_i(theta)) / d theta.

    Memory grows with S, because all inner steps are kept for the way back. NOTE: learn2learn's own ``MAML`` is not
    used: it knows one learning rate for all parameters, and shares batch-norm statistics between users.

    Args:
        network: holds theta.
        inner: how a user's parameters descend; its rule must be differentiable, that is not Adam, whose root has an
            infinite slope where a gradient is zero.
        steps: S, inner steps.
        reduce: ``sum`` or ``mean`` over users.
        engine: ``in_place`` or ``learn2learn``.

    Raises:
        UserError: a rule that cannot be differentiated through.
    """

    second_order: ClassVar[bool] = True

    def __init__(
        self, network: nn.Module, inner: InnerLoop, steps: int = 1, reduce: str = "mean", engine: str = "in_place"
    ) -> None:
        super().__init__(network, inner, steps, reduce, engine)
        if not RULES[inner.rule].differentiable:
            why = (
                "Adam's square root has an infinite slope at zero"
                if inner.rule == "adam"
                else "this rule has no such way"
            )
            raise UserError(
                f"learner.inner.rule={inner.rule}: this learner differentiates through the inner steps, and {why}; take"
                " learner.inner.rule=sgd, or task=fomaml."
            )

    def contribution(self, user: UserNetwork, episode: Episode) -> Sequence[Tensor]:
        """Return the gradient of the query loss with respect to theta."""
        user.adapt(episode.support)
        return user.gradient(episode.query)


class ANILLearner(MAMLLearner):
    """ANIL, almost no inner loop (Raghu et al., ICLR 2020): only the head adapts, everything is meta-learnt."""

    def __init__(
        self, network: nn.Module, inner: InnerLoop, steps: int = 1, reduce: str = "mean", engine: str = "in_place"
    ) -> None:
        super().__init__(network, replace(inner, layers="head"), steps, reduce, engine)
