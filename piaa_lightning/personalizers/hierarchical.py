"""Hierarchical regression: each user's weights are a draw from what the training users have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.empirical_bayes import WeightPrior, learn_prior, sums
from piaa_lightning.personalizers.features import Floats, ImageFeatures, image_features
from piaa_lightning.personalizers.gaussian import GaussianPersonalizer
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError

LEAST_USERS = 2  # a covariance needs two
MEANS = ("generic", "learnt")
LEADING = 2  # weights of 1 and of the generic score


class Hierarchical(GaussianPersonalizer):
    """s_u(x) = w_u' (1, generic score, features), with w_u ~ N(mean, covariance) learnt by empirical Bayes.

    Mean *and* covariance come from the training users' ratings of training images: what users agree on, how much
    they differ, and which differences go together. A new user's weights are the posterior mean in closed form.

    Args:
        model: see `GaussianPersonalizer`.
        prior_variances: candidate factors of the covariance, see `GaussianPersonalizer`.
        components: at most so many principal components of the prior's features are used; None takes all features.
        mean: what users are expected to like before any rating: ``generic``, the generic score at the level and with
            the slope of the training users, or ``learnt``, with weights of the features too. NOTE: a generic score
            trained on the same images leaves nothing to learn there; what is learnt all the same harms on others.
        steps: rounds of EM.
        correlation_users: shrinks correlations between weights, see `learn_prior`; without it the covariance of fewer
            users than weights is believed as it is.
        min_ratings: training users with fewer ratings are left out.
    """

    def __init__(
        self,
        model: object = None,
        prior_variances: Sequence[float] = (1.0,),
        components: int | None = 32,
        mean: str = "generic",
        steps: int = 30,
        correlation_users: float = 10.0,
        min_ratings: int = 2,
    ) -> None:
        super().__init__(model, prior_variances)
        if steps < 1:
            raise ArgumentError("steps", "EM needs one round or more.", steps)
        if correlation_users < 0:
            raise ArgumentError("correlation_users", "give a number from 0.", correlation_users)
        if mean not in MEANS:
            raise ArgumentError("mean", f"choose one of {', '.join(MEANS)}.", mean)
        self.components = components
        self.mean_of = mean
        self.steps = steps
        self.correlation_users = correlation_users
        self.min_ratings = min_ratings

    def prepare(self, context: FitContext) -> None:
        """Learn the prior over weights from the training users.

        Raises:
            LeftOutError: fewer than two training users have ratings.
        """
        self.features = self.see(context)
        users, ratings = training_ratings(context, self.min_ratings)
        told = [(self.features.described(images), scores) for images, scores in ratings]
        self.prior = self.learn(context, users, told)
        self.noise = self.prior.noise
        if self.mean_of == "generic":
            leading = np.zeros_like(self.prior.effects[0])
            leading[:LEADING] = _line(told)
            self.prior = replace(self.prior, effects=np.stack([leading, *self.prior.effects[1:]]))

    def see(self, context: FitContext) -> ImageFeatures:
        """Return what a user's weights are multiplied with."""
        return image_features(context, self.components)

    def learn(self, context: FitContext, users: Indices, told: Sequence[tuple[Floats, Floats]]) -> WeightPrior:
        """Learn what the users have in common."""
        return learn_prior(sums(told), steps=self.steps, correlation_users=self.correlation_users)

    def mean_weights(self, user: int) -> Floats:
        """Return what a user's weights are expected to be before any rating."""
        weights: Floats = self.prior.effects[0]
        return weights

    def mean(self, user: int, images: Indices) -> Floats:
        """Return z'E[w]."""
        scores: Floats = self.features.described(images) @ self.mean_weights(user)
        return scores

    def covariance(self, images: Indices, others: Indices) -> Floats:
        """Return z'Cz."""
        rows, columns = (self.features.described(which) for which in (images, others))
        found: Floats = rows @ self.prior.covariance @ columns.T
        return found


def _line(told: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Return level and slope of all ratings over the generic score, by least squares."""
    known = sums([(rows[:, :LEADING], scores) for rows, scores in told])
    line: Floats = np.linalg.lstsq(known.gram.sum(axis=0), known.moment.sum(axis=0))[0]
    return line


def training_ratings(context: FitContext, min_ratings: int) -> tuple[Indices, list[tuple[Indices, Floats]]]:
    """Return the training users with enough ratings, and the images and scores of each.

    Raises:
        LeftOutError: there are fewer than two.
    """
    table = context.table
    rows = context.split.rows(table, "train")
    rows = rows[np.argsort(table.user[rows], kind="stable")]
    users, starts, counts = np.unique(table.user[rows], return_index=True, return_counts=True)
    enough = counts >= max(min_ratings, 1)
    if enough.sum() < LEAST_USERS:
        raise LeftOutError(
            f"what users have in common cannot be learnt from {int(enough.sum())} training users with {min_ratings}"
            " ratings"
        )
    own = [rows[start : start + count] for start, count in zip(starts[enough], counts[enough], strict=True)]
    return users[enough], [(table.image[some], table.score[some].astype(np.float64)) for some in own]
