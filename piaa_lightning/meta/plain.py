"""No meta-learning at all: gradient descent on users' own ratings, which every meta-learner has to beat."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.learner import FirstOrderLearner
from piaa_lightning.meta.reptile import whole_episode
from piaa_lightning.meta.user_network import UserNetwork


class PlainLearner(FirstOrderLearner):
    """Plain training on the same users' ratings: the gradient of their loss at theta, without an inner loop.

    What a meta-learner is better by than this is meta-learning; the rest is that it saw single users' ratings.
    ``steps`` only says how long validation users are adapted.
    """

    def contribution(self, user: UserNetwork, episode: Episode) -> Sequence[Tensor]:
        """Return the gradient of the loss on all of a user's images."""
        return user.gradient(whole_episode(episode))
