"""Hierarchical regression: each person's weights are a draw from what the training people have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.empirical_bayes import WeightPrior, learn_prior, sums
from piaa_lightning.personalizers.features import Floats, picture_features
from piaa_lightning.personalizers.gaussian import GaussianPersonalizer
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError

LEAST_PEOPLE = 2  # a covariance needs two


class Hierarchical(GaussianPersonalizer):
    """s_u(x) = w_u' (1, generic score, features), with w_u ~ N(mean, covariance) learnt by empirical Bayes.

    Mean *and* covariance come from the training people's ratings of training pictures: what people agree on, how much
    they differ, and which differences go together. A new person's weights are the posterior mean in closed form.

    Args:
        widths: candidate factors of the covariance, see `GaussianPersonalizer`.
        components: at most so many principal components of the prior's features are used; None takes all features.
        generic: whether the generic score is among what is weighed; without it the mean is a linear generic model.
        steps: rounds of EM.
        correlation_people: shrinks correlations between weights, see `learn_prior`; without it the covariance of fewer people
            than weights is believed as it is.
        min_ratings: training people with fewer ratings are left out.
    """

    def __init__(
        self,
        widths: Sequence[float] = (1.0,),
        components: int | None = 32,
        generic: bool = True,
        steps: int = 100,
        correlation_people: float = 10.0,
        min_ratings: int = 2,
    ) -> None:
        super().__init__(widths)
        if steps < 1 or correlation_people < 0:
            raise UserError("personalizer: give steps from 1 and correlation_people from 0.")
        self.components = components
        self.generic = generic
        self.steps = steps
        self.correlation_people = correlation_people
        self.min_ratings = min_ratings

    def prepare(self, ground: Ground) -> None:
        """Learn the prior over weights from the training people.

        Raises:
            LeftOutError: fewer than two training people have ratings.
        """
        self.features = picture_features(ground, self.components)
        people, ratings = training_ratings(ground, self.min_ratings)
        told = [(self.features.described(images, self.generic), scores) for images, scores in ratings]
        self.prior = self.learn(ground, people, told)
        self.noise = self.prior.noise

    def learn(self, ground: Ground, people: Indices, told: Sequence[tuple[Floats, Floats]]) -> WeightPrior:
        """Learn what the people have in common."""
        return learn_prior(sums(told), steps=self.steps, correlation_people=self.correlation_people)

    def mean_weights(self, user: int) -> Floats:
        """Return what a person's weights are expected to be before any rating."""
        return self.prior.effects[0]

    def mean(self, user: int, images: Indices) -> Floats:
        """Return z'E[w]."""
        return self.features.described(images, self.generic) @ self.mean_weights(user)

    def covariance(self, images: Indices, others: Indices) -> Floats:
        """Return z'Cz."""
        rows, columns = (self.features.described(which, self.generic) for which in (images, others))
        return rows @ self.prior.covariance @ columns.T


def training_ratings(ground: Ground, min_ratings: int) -> tuple[Indices, list[tuple[Indices, Floats]]]:
    """Return the training people with enough ratings, and the pictures and scores of each.

    Raises:
        LeftOutError: there are fewer than two.
    """
    table = ground.table
    rows = ground.split.rows(table, "train")
    rows = rows[np.argsort(table.user[rows], kind="stable")]
    people, starts, counts = np.unique(table.user[rows], return_index=True, return_counts=True)
    enough = counts >= max(min_ratings, 1)
    if enough.sum() < LEAST_PEOPLE:
        raise LeftOutError(
            f"what people have in common cannot be learnt from {int(enough.sum())} training people with {min_ratings}"
            " ratings"
        )
    own = [rows[start : start + count] for start, count in zip(starts[enough], counts[enough], strict=True)]
    return people[enough], [(table.image[some], table.score[some].astype(np.float64)) for some in own]
