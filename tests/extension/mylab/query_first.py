"""A learner: BLG with its two levels the other way round."""

from __future__ import annotations

from piaa_lightning.meta.displacement import DisplacementLearner


class QueryFirstLearner(DisplacementLearner):
    """Take S steps on the query batch, then S on the support batch; theta follows as in BLG."""

    def descend(self, user, episode):
        """Take a user's steps, from theta to theta_i."""
        user.adapt(episode.query)
        user.adapt(episode.support)
