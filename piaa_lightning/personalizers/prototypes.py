"""Prototypes of taste: a few tastes learnt from many users, of which a new user is a mixture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.features import Floats, ImageFeatures, OnFeatures, image_features
from piaa_lightning.personalizers.hierarchical import training_ratings
from piaa_lightning.personalizers.mixtures import Mixtures, learn_mixtures
from piaa_lightning.personalizers.own_images import network_of
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError, Scorer, Settings, Support

TASTES = ("functions", "points")


@dataclass(frozen=True)
class MixedTaste:
    """A `Scorer` that keeps of which prototypes its user is made.

    Args:
        shares: ``(prototypes,)`` from 0, with sum 1.
        level: the user's own.
        weights: ``(features,)`` of the mixture.
        method: whose features are looked at.
    """

    shares: Floats
    level: float
    weights: Floats
    method: Prototypes

    def __call__(self, images: Indices) -> Scores:
        """Score images, ``(len(images),)``."""
        return self.level + self.method.rows(images) @ self.weights  # type: ignore[return-value]  # float64, so that distinct scores stay so


class Prototypes(OnFeatures):
    """s_u(x) = b_u + z(x)' sum_k w_uk p_k with w_u on the simplex: a user is a mixture of K prototypes of taste.

    z are the generic score and the features. Prototypes and the training users' mixtures are learnt from the training
    users' ratings, in turn (`mixtures.learn_mixtures`); a new user is K numbers, fitted by least squares on the
    simplex and pulled towards the mean mixture, which also scores who gave no rating or equal ones.

    Source: Chen et al., "PAL: Sample-Efficient Personalized Reward Modeling for Pluralistic Alignment", ICLR 2025: K
    prototypes learnt over training users, a user on the simplex, and two forms of taste: a mixture of functions, or the
    distance from a mixture of ideal points.
    NOTE: PAL learns by pairs of choices and gradient steps, through a network; here ratings and least squares on frozen
    features do. Ideal points are functions with one more feature, |x|^2, because -a|x - p|^2 is linear in x and |x|^2.

    Args:
        model: trained to score images, a LightningModule or its network.
        counts: candidate numbers of prototypes, chosen on validation users.
        pulls: candidate pulls towards the mean mixture, in ratings: a user is fitted as if having given so many more
            that the mean mixture foretells; chosen on validation users.
        taste: ``functions`` or ``points``.
        components: at most so many principal components of the prior's features are used; None takes all features.
        rounds: of learning prototypes and mixtures in turn.
        min_ratings: training users with fewer ratings are left out.
        seed: of where the prototypes start.

    Raises:
        ArgumentError: a number below 2 of prototypes, a pull below 0, an unknown form of taste.
    """

    from_nothing = True

    def __init__(
        self,
        model: object = None,
        counts: Sequence[int] = (2, 3, 4, 6, 8),
        pulls: Sequence[float] = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
        taste: str = "functions",
        components: int | None = 32,
        rounds: int = 30,
        min_ratings: int = 2,
        seed: int = 0,
    ) -> None:
        self.model = network_of(model)
        self.counts = [int(count) for count in counts]
        if not self.counts or min(self.counts) < 2:
            raise ArgumentError("counts", "give at least one number of prototypes, none below 2.", self.counts)
        self.pulls = [float(pull) for pull in pulls]
        if not self.pulls or min(self.pulls) < 0:
            raise ArgumentError("pulls", "give at least one, none below 0.", self.pulls)
        if taste not in TASTES:
            raise ArgumentError("taste", f"choose one of {', '.join(TASTES)}.", taste)
        if rounds < 1:
            raise ArgumentError("rounds", "give one round or more.", rounds)
        self.taste = taste
        self.components = components
        self.rounds = rounds
        self.min_ratings = min_ratings
        self.seed = seed

    def prepare(self, context: FitContext) -> None:
        """Learn prototypes from the training users, for each of their numbers.

        Raises:
            LeftOutError: there are fewer training users than prototypes.
        """
        self.features: ImageFeatures = image_features(context, self.components)
        users, ratings = training_ratings(context, self.min_ratings)
        if len(users) < max(self.counts):
            raise LeftOutError(
                f"{max(self.counts)} prototypes cannot be learnt from {len(users)} training users; lower"
                " personalizer.counts"
            )
        told = [(self.rows(images), scores) for images, scores in ratings]
        self.learnt: dict[int, Mixtures] = learn_mixtures(told, self.counts, self.rounds, self.seed)

    def rows(self, images: Indices) -> Floats:
        """Return what a taste weighs: the generic score less its level, the features, and |x|^2 for ideal points."""
        rows = self.features.described(images)[:, 1:]
        if self.taste == "functions":
            return rows
        return np.concatenate([rows, np.square(rows[:, 1:]).mean(axis=1, keepdims=True)], axis=1)

    def candidates(self) -> Sequence[Settings]:
        """Return every number of prototypes with every pull."""
        return [{"prototypes": count, "pull": pull} for count, pull in product(self.counts, self.pulls)]

    def fit_user(self, support: Support, settings: Settings) -> MixedTaste:
        """Find the user's mixture."""
        learnt = self.learnt[int(settings["prototypes"])]
        rows = self.rows(support.images)
        shares = learnt.mean
        if len(support.scores) and np.ptp(support.scores) > 0:
            apart, told = rows - rows.mean(axis=0), support.scores - support.scores.mean(dtype=np.float64)
            shares = learnt.fitted(apart.T @ apart, apart.T @ told, float(settings["pull"]))
        weights = shares @ learnt.prototypes
        level = float(support.scores.mean() - rows.mean(axis=0) @ weights) if len(rows) else learnt.level
        return MixedTaste(shares, level, weights, self)

    def extra_tables(self, user: Scorer, images: Indices) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Tell of which prototypes a user is made."""
        assert isinstance(user, MixedTaste)
        return {
            "mixtures": [{"prototype": number + 1, "share": float(share)} for number, share in enumerate(user.shares)]
        }
