"""BLG: two levels of gradient steps on every user, the talk's meta-learning."""

from __future__ import annotations

from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.displacement import DisplacementLearner
from piaa_lightning.meta.user_network import UserNetwork


class BilevelLearner(DisplacementLearner):
    """Bilevel gradient optimisation over users (Zhu et al., IEEE T-CYB 2020; algorithm of the talk).

    For each of k users, theta'_i = S Adam steps from theta on the support batch, theta_i = S Adam steps from theta'_i
    on the query batch; then theta <- theta - beta * sum_i (theta - theta_i). First order: nothing is differentiated
    through the inner steps.
    """

    def descend(self, user: UserNetwork, episode: Episode) -> None:
        """Take S steps on the support batch, then S on the query batch."""
        user.adapt(episode.support)
        user.adapt(episode.query)
