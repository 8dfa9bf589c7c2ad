"""The interface of a learner: users are tasks, and an outer gradient moves theta."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.errors import UserError
from piaa_lightning.meta._learn2learn import BaseLearner
from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.clone import Clone
from piaa_lightning.meta.engines import ENGINES
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.user_network import UserNetwork
from piaa_lightning.runtime.choices import check_choice
from piaa_lightning.runtime.distributed import sum_in_place

RESETS = ("level", "task", "never")


class MetaLearner(BaseLearner):  # type: ignore[misc]  # learn2learn ships no types
    """A learn2learn learner whose outer gradient is a sum of what each user contributes.

    The outer gradient is handed to any optimiser; the learner itself never moves theta. A learner says in
    :meth:`contribution` what it does with one user's network and what comes of it; two engines provide that network,
    and the tests hold them to the same numbers:

    * ``learn2learn`` runs an outer step as that library does: :meth:`clone` for every user (``clone_module``, which
      stays differentiable where the learner is second order), ``adapt`` on the clone (a rule on its leaves, or
      ``update_module``), then theta - theta_i or the gradient through the clone. Choose it to read, to step through
      with a debugger, or to change one thing and see whether the numbers hold.
    * ``in_place``, the default, copies no network: parameters move in place and are taken back, moments are reset in
      place, what lies below a head that alone moves is computed once, and second-order learners run the network's
      code with parameters that are functions of theta (``torch.func.functional_call``).

    Both evaluate validation users in their own way too. The engine changes neither checkpoints nor results, so a run
    may be resumed with the other one. New users are fitted by the personalizers, whatever the engine.

    Args:
        network: holds theta.
        inner: how a user's parameters descend.
        steps: S, inner steps.
        reduce: ``sum`` or ``mean`` over the users of a batch; some learners know ``sequential_ema`` as well.
        engine: ``in_place`` or ``learn2learn``, see above.

    Raises:
        UserError: no steps, or no such reduction or engine.

    Example:
        >>> from piaa_lightning.meta.bilevel import BilevelLearner
        >>> network = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
        >>> learner = BilevelLearner(network, InnerLoop({"0": 0.1}, rule="sgd"), steps=3)
        >>> user = learner.clone()
        >>> user.adapt(Examples(torch.eye(2), torch.tensor([0.0, 1.0])))
        >>> user(torch.eye(2)).shape
        torch.Size([2])
    """

    reductions: ClassVar[tuple[str, ...]] = ("sum", "mean")
    least_steps: ClassVar[int] = 1
    second_order: ClassVar[bool] = False  # whether the outer gradient goes through the inner steps
    reset_state = "level"  # when the rule forgets what it remembers from step to step

    def __init__(
        self,
        network: nn.Module,
        inner: InnerLoop,
        steps: int = 5,
        reduce: str = "sum",
        engine: str = "in_place",
    ) -> None:
        super().__init__(network)
        if steps < self.least_steps:
            raise UserError(f"learner.steps={steps}: the inner loop needs at least one step; give 1 or more.")
        check_choice("learner.reduce", reduce, self.reductions)
        check_choice("learner.engine", engine, ENGINES)
        self.inner = inner
        self.steps = steps
        self.reduce = reduce
        self.engine = engine
        self.factor = 1.0  # of the inner rates in meta-training: the task's schedule
        self.rule_state: dict[str, Any] = {}  # what the rule remembers from one user to the next

    def clone(self, differentiable: bool | None = None) -> Clone:
        """Return a user's own learner around a clone of the network, learn2learn's way.

        Args:
            differentiable: whether the clone's parameters are functions of theta; None is what this learner needs.
        """
        wanted = self.second_order if differentiable is None else differentiable
        return Clone(self.module, self.inner, self.steps, self.reset_state == "level", wanted)

    def adapt(self, support: Examples) -> Clone:
        """Return a clone after S steps on a user's support batch, theta'_i; theta stays."""
        clone = self.clone(differentiable=False)
        clone.adapt(support)
        return clone

    def personal_scores(self, episode: Episode) -> Tensor:
        """Adapt to a user's support batch and score their query images; theta stays bit for bit."""
        with ENGINES[self.engine](self, training=False) as user:
            user.adapt(episode.support)
            return user.score(episode.query.inputs)

    @abstractmethod
    def contribution(self, user: UserNetwork, episode: Episode) -> Sequence[Tensor]:
        """Return one user's part of the outer gradient, one tensor per parameter of the network.

        Args:
            user: the user's own network, theta at first.
            episode: the user's support and query batch.
        """

    def user(self) -> AbstractContextManager[UserNetwork]:
        """Give one user of meta-training a network of their own, which the engine makes."""
        return ENGINES[self.engine](self)

    def user_gradient(self, episode: Episode) -> Sequence[Tensor]:
        """Return one user's part of the outer gradient.

        The network stays bit for bit, running statistics under ``bn_mode=accumulate`` excepted.
        """
        with self.user() as user:
            return self.contribution(user, episode)

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

    def adaptation(self) -> Adaptation:
        """Return the in-place engine; made when first needed, since the network may move to its device before that."""
        made: Adaptation | None = self.__dict__.get("_adaptation")
        if made is None:
            made = Adaptation(self.module, self.inner)
            if self.rule_state:
                made.rule.load_state(self.rule_state)
            self.__dict__["_adaptation"] = made
        made.rule.factor = self.factor
        return made

    def why_not_spread(self) -> str:
        """Return why users cannot be spread over processes; empty where they can."""
        if self.reset_state == "never":
            return "learner.reset_state=never carries Adam's moments from each user to the next"
        if self.keeps_buffers:
            return "learner.inner.bn_mode=accumulate carries batch-norm statistics from each user to the next"
        return ""

    @property
    def keeps_buffers(self) -> bool:
        """Whether running statistics run on from user to user in meta-training."""
        return self.inner.bn_mode == "accumulate"

    def state(self) -> dict[str, Any]:
        """Return what the learner carries from batch to batch besides theta, for a checkpoint."""
        if self.reset_state != "never":
            return {}
        return self.rule_state or self.inner.optimizer(self.module).state()

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` returned."""
        self.rule_state = state
        self.__dict__.pop("_adaptation", None)


class FirstOrderLearner(MetaLearner):
    """A learner that differentiates through no step, and may carry a rule's moments on.

    Args:
        network: holds theta.
        inner: how a user's parameters descend.
        steps: S, inner steps.
        reduce: of the users of a batch.
        reset_state: when Adam's moments are forgotten: before each ``level`` of a user, as the sum over s = 1..S in
            Adam(L, theta) of the talk says; before each ``task``, that is user; or ``never``, one optimiser for all
            users and epochs as in the authors' code.
        engine: ``in_place`` or ``learn2learn``.

    Raises:
        UserError: as in :class:`MetaLearner`, or no such time to forget.
    """

    def __init__(
        self,
        network: nn.Module,
        inner: InnerLoop,
        steps: int = 5,
        reduce: str = "sum",
        reset_state: str = "level",
        engine: str = "in_place",
    ) -> None:
        super().__init__(network, inner, steps, reduce, engine)
        check_choice("learner.reset_state", reset_state, RESETS)
        self.reset_state = reset_state
