"""BLG: meta-learning with two levels of gradient steps on every user."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.examples import Episode, Examples
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.library import BaseLearner

REDUCTIONS = ("sum", "mean")


class BilevelLearner(BaseLearner):  # type: ignore[misc]  # learn2learn ships no types
    """Bilevel gradient optimisation over users (Zhu et al., IEEE T-CYB 2020; algorithm of the talk).

    For each of k users, theta'_i = S Adam steps from theta on the support batch, theta_i = S Adam steps from theta'_i
    on the query batch; then theta <- theta - beta * sum_i (theta - theta_i). First order: nothing is differentiated
    through the inner steps. Each level starts with fresh moments, as the sum over s = 1..S in Adam(L, theta) says.

    sum_i (theta - theta_i) is handed out as a gradient, so that the talk's update is plain gradient descent with
    learning rate beta, and any other optimiser can take its place.

    Args:
        network: holds theta; the learner never moves it.
        inner: how a user's copy descends.
        steps: S.
        reduce: ``sum`` over users as in the talk, or ``mean``.
    """

    def __init__(self, network: nn.Module, inner: InnerLoop, steps: int = 5, reduce: str = "sum") -> None:
        super().__init__(network)
        if steps < 1:
            raise UserError(f"learner.steps={steps}: the inner loop needs at least one step; give 1 or more.")
        if reduce not in REDUCTIONS:
            raise UserError(f"learner.reduce={reduce}: no such reduction; take one of {', '.join(REDUCTIONS)}.")
        self.inner = inner
        self.steps = steps
        self.reduce = reduce

    def clone(self) -> nn.Module:
        """Return a user's own copy of theta."""
        copy: nn.Module = clone_for_user(self.module)
        return copy

    def adapt(self, support: Examples) -> nn.Module:
        """First level alone, for a user whose query pictures are to be judged: theta'_i."""
        copy = self.clone()
        self.inner.descend(copy, self.inner.optimizer(copy), support.inputs, support.scores, self.steps)
        return copy

    def own_parameters(self, episode: Episode) -> list[Tensor]:
        """Both levels for one user: theta_i, in the order of the network's parameters."""
        copy = self.adapt(episode.support)
        self.inner.descend(copy, self.inner.optimizer(copy), episode.query.inputs, episode.query.scores, self.steps)
        return [parameter.detach() for parameter in copy.parameters()]

    @torch.no_grad()
    def outer_gradient(self, episodes: Sequence[Episode]) -> list[Tensor]:
        """Sum over users of theta - theta_i.

        Users are added up one at a time, so memory does not grow with their number.

        Args:
            episodes: k users.

        Returns:
            One tensor per parameter of the network.
        """
        theta = list(self.module.parameters())
        total = [torch.zeros_like(parameter) for parameter in theta]
        for episode in episodes:
            torch._foreach_add_(total, theta)
            torch._foreach_sub_(total, self.own_parameters(episode))
        if self.reduce == "mean":
            torch._foreach_div_(total, len(episodes))
        return total
