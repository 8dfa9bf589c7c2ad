"""FPMF: matrix factorisation over features of images, into which a new user is folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.image_facts import ImageFacts
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError, Personalizer, Scorer, Settings, Support

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Factors:
    """What training users have in common.

    Args:
        mean: of all training ratings.
        item: ``(features,)`` weights of the item bias.
        shared: ``(factors, features)`` W, which turns an image's features into factors.
    """

    mean: float
    item: Floats
    shared: Floats

    def of_images(self, features: Floats) -> tuple[Floats, Floats]:
        """Return what everybody gives, ``(images,)``, and what a user's weights multiply, ``(images, 1 + factors)``.

        Args:
            features: ``(images, features)``.
        """
        return self.mean + features @ self.item, np.column_stack([np.ones(len(features)), features @ self.shared.T])


class FPMF(Personalizer):
    """Feature-based probabilistic matrix factorisation: rating = mean + b_u + <w, x_i> + <P_u, W x_i>.

    Source: O'Donovan, Agarwala, Hertzmann, "Collaborative filtering of color aesthetics", CAe 2014, as Ren et al.,
    "Personalized image aesthetics", ICCV 2017, use it: features are attributes and contents of images. Mean, w and W
    are learnt from training users' ratings of training images; a new user's b_u and P_u by ridge on their own.
    NOTE: the sources leave open the number of factors and how they descend; here least squares alternate in closed
    form, and the penalty, the same for all parts, is chosen on validation users.

    Args:
        facts: which features.
        factors: length of P_u; a hypothesis.
        penalties: candidates for the weight of the squared parameters, in ratings.
        rounds: alternations of least squares.
        seed: of the first W.

    Raises:
        UserError: no factor, no round, or a penalty that is not positive.
    """

    def __init__(
        self,
        facts: ImageFacts,
        factors: int = 5,
        penalties: Sequence[float] = (1.0, 3.0, 10.0, 30.0, 100.0),
        rounds: int = 30,
        seed: int = 0,
    ) -> None:
        for name, count in (("factors", factors), ("rounds", rounds)):
            if count < 1:
                raise ArgumentError(name, "give 1 or more.", count)
        if not penalties or min(penalties) <= 0:
            raise ArgumentError("penalties", "give at least one, all above 0.", list(penalties))
        self.facts = facts
        self.factors = factors
        self.penalties = list(penalties)
        self.rounds = rounds
        self.seed = seed

    def prepare(self, context: FitContext) -> None:
        """Learn what training users have in common, once for each penalty.

        Raises:
            LeftOutError: no features, or no training user rated a training image.
        """
        features, table = self.facts.of(context), context.table
        rows = context.split.rows(table, "train")
        if not len(rows):
            raise LeftOutError("no training user rated a training image")
        told = table.user[rows], features[table.image[rows]], table.score[rows].astype(np.float64)
        self.images = {
            penalty: factorise(*told, self.factors, penalty, self.rounds, self.seed).of_images(features)
            for penalty in self.penalties
        }

    def candidates(self) -> Sequence[Settings]:
        """Every penalty."""
        return [{"penalty": penalty} for penalty in self.penalties]

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Fold the user in by ridge."""
        penalty = float(settings["penalty"])
        everybody, factors = self.images[penalty]
        own = factors[support.images]
        left = support.scores - everybody[support.images]
        weights = np.linalg.solve(own.T @ own + penalty * np.eye(own.shape[1]), own.T @ left)

        def score(images: Indices) -> Scores:
            return np.asarray(everybody[images] + factors[images] @ weights, dtype=np.float32)

        return score


def factorise(
    user: Indices, features: Floats, score: Floats, factors: int, penalty: float, rounds: int, seed: int
) -> Factors:
    """Minimise squared errors plus ``penalty`` times all squared parameters, users and images in turn.

    Users enter through sums over their ratings alone, so that a round costs the same for a thousand ratings and for
    a million.

    Args:
        user: ``(ratings,)`` who.
        features: ``(ratings, features)`` of the rated images, centred.
        score: ``(ratings,)`` in [0, 1].
        factors: length of P_u.
        penalty: above 0.
        rounds: alternations.
        seed: of the first W.
    """
    mean = float(score.mean())
    known = np.column_stack([np.ones(len(features)), features])
    order = np.argsort(user, kind="stable")
    starts = np.flatnonzero(np.diff(user[order], prepend=-1))
    parts = [(known[own], score[own] - mean) for own in np.split(order, starts[1:])]
    power = np.stack([x.T @ x for x, _ in parts])  # (users, 1 + features, 1 + features)
    moment = np.stack([x.T @ y for x, y in parts])  # (users, 1 + features)
    width = features.shape[1]
    item = np.zeros(width)
    shared = np.random.default_rng(seed).normal(0, 0.1, (factors, width))
    for _ in range(rounds):
        # users: the bias and P_u of each, w and W fixed
        basis = np.zeros((1 + width, 1 + factors))
        basis[0, 0], basis[1:, 1:] = 1, shared.T
        left = moment - power[:, :, 1:] @ item
        users = np.linalg.solve(basis.T @ power @ basis + penalty * np.eye(1 + factors), (left @ basis)[..., None])[
            ..., 0
        ]
        # images: w and W together, users fixed
        weights = np.column_stack([np.ones(len(users)), users[:, 1:]])
        left = moment[:, 1:] - power[:, 1:, 0] * users[:, :1]
        normal = np.einsum("ua,ub,uij->aibj", weights, weights, power[:, 1:, 1:], optimize=True)
        size = (1 + factors) * width
        solution = np.linalg.solve(
            normal.reshape(size, size) + penalty * np.eye(size), (weights.T @ left).reshape(size)
        )
        item, shared = solution[:width], solution[width:].reshape(factors, width)
    return Factors(mean, item, shared)
