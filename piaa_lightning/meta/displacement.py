"""Learners that move theta towards the users' own parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.learner import FirstOrderLearner
from piaa_lightning.meta.restored import restored
from piaa_lightning.meta.user_network import UserNetwork


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
    def descend(self, user: UserNetwork, episode: Episode) -> None:
        """Take a user's steps, from theta to theta_i."""

    def contribution(self, user: UserNetwork, episode: Episode) -> Sequence[Tensor]:
        """Return theta - theta_i."""
        self.descend(user, episode)
        if self.keep_last:
            self.last_user = user.weights()
        return user.displacement()

    @torch.no_grad()
    def outer_gradient(self, episodes: Sequence[Episode]) -> list[Tensor]:
        """Reduce the users' displacements."""
        if self.reduce != "sequential_ema":
            return super().outer_gradient(episodes)
        parameters = [parameter.detach() for parameter in self.module.parameters()]
        with restored(self.module, parameters, keep_buffers=self.keeps_buffers) as theta:
            for episode in episodes:
                torch._foreach_add_(parameters, list(self.user_gradient(episode)), alpha=-1 / len(episodes))
            return list(torch._foreach_sub(theta, parameters))

    def why_not_spread(self) -> str:
        """Return why users cannot be spread over processes; empty where they can."""
        if self.reduce == "sequential_ema":
            return "learner.reduce=sequential_ema lets each user start where the one before has moved theta to"
        return super().why_not_spread()
