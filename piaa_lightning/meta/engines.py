"""The two engines of an outer step, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import nn

from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.clone import Clone
from piaa_lightning.meta.in_place import InPlace, ThroughSteps
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.restored import restored
from piaa_lightning.meta.user_network import UserNetwork


class Lender(Protocol):
    """What an engine knows of a learner, see :class:`~piaa_lightning.meta.learner.MetaLearner`."""

    module: nn.Module
    inner: InnerLoop
    steps: int
    factor: float
    reset_state: str
    rule_state: dict[str, Any]

    @property
    def second_order(self) -> bool:
        """Whether the outer gradient goes through the inner steps."""

    @property
    def keeps_buffers(self) -> bool:
        """Whether running statistics run on from user to user in meta-training."""

    def clone(self, differentiable: bool | None = None) -> Clone:
        """Return a user's own learner around a clone of the network."""

    def adaptation(self) -> Adaptation:
        """Return what moves the network in place for one user after another."""


@contextmanager
def in_place(learner: Lender, training: bool = True) -> Iterator[UserNetwork]:
    """Lend the learner's one network to a user, and take it back bit for bit.

    Args:
        learner: whose network it is.
        training: whether a user of meta-training works on it, with the learner's schedule, state and second order; a
            user who is only evaluated has none of them.
    """
    if learner.second_order and training:
        with restored(learner.module, (), learner.keeps_buffers):
            yield ThroughSteps(learner.module, learner.inner, learner.steps, learner.factor)
        return
    adaptation = learner.adaptation() if training else Adaptation(learner.module, learner.inner)
    never = training and learner.reset_state == "never"
    with adaptation.user(training and learner.keeps_buffers, never) as theta:
        yield InPlace(adaptation, theta, learner.steps, fresh=learner.reset_state == "level")
    if never:
        learner.rule_state = adaptation.rule.state()


@contextmanager
def by_clone(learner: Lender, training: bool = True) -> Iterator[UserNetwork]:
    """Give a user a clone of the learner's network, learn2learn's way, and take over what outlives the user.

    Args:
        learner: whose network is cloned.
        training: as in :func:`in_place`.
    """
    clone = learner.clone(differentiable=learner.second_order and training)
    if not training:
        yield clone
        return
    clone.rule.factor = learner.factor
    never = learner.reset_state == "never"
    if never and learner.rule_state:
        clone.rule.load_state(learner.rule_state)
    yield clone
    if never:
        learner.rule_state = clone.rule.state()
    if learner.keeps_buffers:
        with torch.no_grad():
            for own, users in zip(learner.module.buffers(), clone.module.buffers(), strict=True):
                own.copy_(users)


# The tests hold both to the same numbers for every learner.
ENGINES: dict[str, Callable[..., AbstractContextManager[UserNetwork]]] = {
    "in_place": in_place,
    "learn2learn": by_clone,
}
