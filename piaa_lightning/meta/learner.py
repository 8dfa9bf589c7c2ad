"""What every learner is: users as tasks, and an outer gradient that moves theta."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.errors import UserError
from piaa_lightning.meta._learn2learn import BaseLearner
from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.restored import restored
from piaa_lightning.runtime.distributed import sum_in_place

RESETS = ("level", "task", "never")


class MetaLearner(BaseLearner):  # type: ignore[misc]  # learn2learn ships no types
    """A learn2learn learner whose outer gradient is a sum of what each user contributes.

    The outer gradient is handed to any optimiser; the learner itself never moves theta. ``clone`` and ``adapt`` are
    learn2learn's way, one copy per user; the outer gradient is computed in place on the one network
    (:class:`~piaa_lightning.meta.adaptation.Adaptation`), which the tests hold to the same numbers.

    Args:
        network: holds theta.
        inner: how a user's parameters descend.
        steps: S, inner steps.
        reduce: ``sum`` or ``mean`` over the users of a batch; some learners know ``sequential_ema`` as well.
    """

    reductions: ClassVar[tuple[str, ...]] = ("sum", "mean")
    least_steps: ClassVar[int] = 1

    def __init__(self, network: nn.Module, inner: InnerLoop, steps: int = 5, reduce: str = "sum") -> None:
        super().__init__(network)
        if steps < self.least_steps:
            raise UserError(f"learner.steps={steps}: the inner loop needs at least one step; give 1 or more.")
        if reduce not in self.reductions:
            raise UserError(f"learner.reduce={reduce}: no such reduction; take one of {', '.join(self.reductions)}.")
        self.inner = inner
        self.steps = steps
        self.reduce = reduce
        self.factor = 1.0  # of the inner rates in meta-training: the task's schedule

    def clone(self) -> nn.Module:
        """Return a user's own copy of theta, learn2learn's way."""
        copy: nn.Module = clone_for_user(self.module)
        return copy

    def adapt(self, support: Examples) -> nn.Module:
        """Return a user's own copy after S steps on the support batch: theta'_i."""
        copy = self.clone()
        self.inner.descend(copy, self.inner.optimizer(copy), support.inputs, support.scores, self.steps)
        return copy

    def personal_scores(self, episode: Episode) -> Tensor:
        """Adapt to a user's support batch and score their query images; theta stays bit for bit."""
        adaptation = Adaptation(self.module, self.inner)
        with adaptation.user():
            support = adaptation.prepare(episode.support.inputs)
            adaptation.descend(support, episode.support.scores, self.steps)
            return adaptation.score(adaptation.prepare(episode.query.inputs))

    @abstractmethod
    def user_gradient(self, episode: Episode) -> Sequence[Tensor]:
        """Return one user's part of the outer gradient, one tensor per parameter of the network.

        The network stays bit for bit, running statistics under ``bn_mode=accumulate`` excepted.
        """

    @torch.no_grad()
    def outer_gradient(self, episodes: Sequence[Episode]) -> list[Tensor]:
        """Reduce the users' gradients, over all processes if there are several.

        Users are added up one at a time, so memory does not grow with their number.

        Args:
            episodes: k users, or this process's share of them.

        Returns:
            One tensor per parameter of the network.
        """
        total = [torch.zeros_like(parameter) for parameter in self.module.parameters()]
        for episode in episodes:
            torch._foreach_add_(total, list(self.user_gradient(episode)))
        users = torch.tensor(float(len(episodes)), dtype=total[0].dtype, device=total[0].device)
        sum_in_place([*total, users])
        if self.reduce == "mean":
            torch._foreach_div_(total, max(users.item(), 1.0))
        return total

    def why_not_spread(self) -> str:
        """Return why users cannot be spread over processes; empty where they can."""
        if self.inner.bn_mode == "accumulate":
            return "learner.inner.bn_mode=accumulate carries batch-norm statistics from each user to the next"
        return ""

    @property
    def keeps_buffers(self) -> bool:
        """Whether running statistics run on from user to user in meta-training."""
        return self.inner.bn_mode == "accumulate"

    def state(self) -> dict[str, Any]:
        """Return what the learner carries from batch to batch besides theta, for a checkpoint."""
        return {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` returned."""


class FirstOrderLearner(MetaLearner):
    """A learner that moves the network in place for one user after another.

    Args:
        network: holds theta.
        inner: how a user's parameters descend.
        steps: S, inner steps.
        reduce: of the users of a batch.
        reset_state: when Adam's moments are forgotten: before each ``level`` of a user, as the sum over s = 1..S in
            Adam(L, theta) of the talk says; before each ``task``, that is user; or ``never``, one optimiser for all
            users and epochs as in the authors' code.
    """

    def __init__(
        self,
        network: nn.Module,
        inner: InnerLoop,
        steps: int = 5,
        reduce: str = "sum",
        reset_state: str = "level",
    ) -> None:
        super().__init__(network, inner, steps, reduce)
        if reset_state not in RESETS:
            raise UserError(f"learner.reset_state={reset_state}: no such choice; take one of {', '.join(RESETS)}.")
        self.reset_state = reset_state
        self._kept: dict[str, Any] = {}

    def adaptation(self) -> Adaptation:
        """Return the engine; made when first needed, because the network may be moved to its device before that."""
        made: Adaptation | None = self.__dict__.get("_adaptation")
        if made is None:
            made = Adaptation(self.module, self.inner)
            if self._kept:
                made.rule.load_state(self._kept)
            self.__dict__["_adaptation"] = made
        made.rule.factor = self.factor
        return made

    @contextmanager
    def user(self) -> Iterator[tuple[Adaptation, list[Tensor]]]:
        """Lend the network to one user of meta-training."""
        adaptation = self.adaptation()
        with adaptation.user(self.keeps_buffers, self.reset_state == "never") as theta:
            yield adaptation, theta

    def level(self, adaptation: Adaptation, examples: Examples) -> None:
        """Take S steps on a batch, with fresh moments if each level has its own."""
        if self.reset_state == "level":
            adaptation.rule.reset()
        adaptation.descend(adaptation.prepare(examples.inputs), examples.scores, self.steps)

    def why_not_spread(self) -> str:
        """Return why users cannot be spread over processes; empty where they can."""
        if self.reset_state == "never":
            return "learner.reset_state=never carries Adam's moments from each user to the next"
        return super().why_not_spread()

    def state(self) -> dict[str, Any]:
        """Return Adam's moments where they outlive a user."""
        return self.adaptation().rule.state() if self.reset_state == "never" else {}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up Adam's moments."""
        self._kept = state
        self.__dict__.pop("_adaptation", None)


class DisplacementLearner(FirstOrderLearner):
    """A learner that moves theta towards the users' own parameters: BLG and Reptile.

    A user contributes theta - theta_i; with plain gradient descent of learning rate beta that is
    theta <- theta - beta * sum_i (theta - theta_i).

    ``reduce=sequential_ema`` is the authors' code instead: theta moves by (theta_i - theta) / k after each of the k
    users, and the next one starts from there; the outer gradient is what theta has moved in the end, so an outer
    optimiser of plain gradient descent with learning rate 1 lands where the authors do.
    """

    reductions: ClassVar[tuple[str, ...]] = ("sum", "mean", "sequential_ema")
    keep_last = False  # set by a task that saves the last user's parameters
    last_user: dict[str, Tensor] | None = None

    @abstractmethod
    def descend(self, adaptation: Adaptation, episode: Episode) -> None:
        """Take a user's steps, from theta to theta_i."""

    def own_parameters(self, episode: Episode) -> list[Tensor]:
        """Return theta_i, in the order of the network's parameters."""
        with self.user() as (adaptation, _):
            self.descend(adaptation, episode)
            return [parameter.detach().clone() for parameter in self.module.parameters()]

    @torch.no_grad()
    def user_gradient(self, episode: Episode) -> list[Tensor]:
        """Return theta - theta_i."""
        with self.user() as (adaptation, theta):
            self.descend(adaptation, episode)
            if self.keep_last:
                self.last_user = {name: value.clone() for name, value in self.module.state_dict().items()}
            moved = {id(p): t - p.detach() for p, t in zip(adaptation.rule.parameters, theta, strict=True)}
        return [moved[id(p)] if id(p) in moved else torch.zeros_like(p) for p in self.module.parameters()]

    @torch.no_grad()
    def outer_gradient(self, episodes: Sequence[Episode]) -> list[Tensor]:
        """Reduce the users' displacements."""
        if self.reduce != "sequential_ema":
            return super().outer_gradient(episodes)
        parameters = [parameter.detach() for parameter in self.module.parameters()]
        with restored(self.module, parameters, keep_buffers=self.keeps_buffers) as theta:
            for episode in episodes:
                torch._foreach_add_(parameters, self.user_gradient(episode), alpha=-1 / len(episodes))
            return list(torch._foreach_sub(theta, parameters))

    def why_not_spread(self) -> str:
        """Return why users cannot be spread over processes; empty where they can."""
        if self.reduce == "sequential_ema":
            return "learner.reduce=sequential_ema lets each user start where the one before has moved theta to"
        return super().why_not_spread()
