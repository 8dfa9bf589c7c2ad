"""First-order MAML: the gradient of the query loss at a user's own parameters."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.learner import FirstOrderLearner
from piaa_lightning.meta.user_network import UserNetwork


class FOMAMLLearner(FirstOrderLearner):
    """FOMAML (Finn, Abbeel and Levine, ICML 2017, section 5.2): d L_query / d theta'_i stands for d L_query / d theta.

    theta'_i is S steps from theta on the support batch, of any rule; all parameters that require gradients get one,
    also those that do not move in the inner loop.
    """

    def contribution(self, user: UserNetwork, episode: Episode) -> Sequence[Tensor]:
        """Return the gradient of the query loss at theta'_i."""
        user.adapt(episode.support)
        return user.gradient(episode.query)
