"""Reptile: steps on all of a user's images, and theta follows."""

from __future__ import annotations

import torch

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.meta.displacement import DisplacementLearner
from piaa_lightning.meta.user_network import UserNetwork


class ReptileLearner(DisplacementLearner):
    """Reptile (Nichol, Achiam and Schulman, 2018): no support and no query, theta_i = S steps on one batch of both.

    NOTE: the paper draws a new minibatch for every inner step; here a user's images are one batch, as everywhere
    else, so that BLG and Reptile differ in the two levels alone.
    """

    def descend(self, user: UserNetwork, episode: Episode) -> None:
        """Take S steps on the support and query images together."""
        user.adapt(whole_episode(episode))


def whole_episode(episode: Episode) -> Examples:
    """Return a user's support and query batch as one."""
    return Examples(
        torch.cat([episode.support.inputs, episode.query.inputs]),
        torch.cat([episode.support.scores, episode.query.scores]),
    )
