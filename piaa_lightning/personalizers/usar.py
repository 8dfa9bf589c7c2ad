"""USAR: a user's own ranker, learnt from retrieved look-alikes, and a user's own weighting of attributes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import LinearSVC

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.image_facts import ImageFacts, standardised
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer, Scorer, Settings, Support

Floats = NDArray[np.float64]

PARTS = ("ppr", "pad")


class USAR(Personalizer):
    """Generic score + PPR, PAD, or both.

    Source: Lv et al., "USAR: an interactive user-specific aesthetic ranking framework for images", ACM MM 2018.
    NOTE: no code was published; this is its spirit and a hypothesis throughout. PPR: training images that look like
    those which the user likes best are taken to be liked as much, and a linear ranker learns pairs from both. PAD:
    how the attributes of what the user likes best differ from those of training images becomes a distribution over
    attributes, and its mean attribute re-ranks. Each part has deviation 1 over training images; both are added to
    the generic score with one weight, chosen on validation users.

    Args:
        parts: ppr, pad, or both.
        facts: how images are described.
        preferred: share of the support images that count as liked best, above 0 and at most 1; at least one does.
        retrieved: training images that each of them brings.
        pairs: greatest number of pairs that the ranker learns; more are drawn at random.
        costs: candidates for C of the ranker.
        temperature: of the softmax that makes a distribution of differences of attributes, in deviations.
        weights: candidates for what a deviation of a part is worth, in scores.

    Raises:
        UserError: an unknown part, or none; a share that is none.
    """

    def __init__(
        self,
        parts: Sequence[str],
        facts: ImageFacts,
        preferred: float = 0.3,
        retrieved: int = 5,
        pairs: int = 2000,
        costs: Sequence[float] = (1e-4, 1e-2),
        temperature: float = 1.0,
        weights: Sequence[float] = (0.003, 0.01, 0.03, 0.1),
    ) -> None:
        if not parts or set(parts) - set(PARTS):
            raise ArgumentError("parts", f"name one or both of {', '.join(PARTS)}.", list(parts))
        if not 0 < preferred <= 1:
            raise ArgumentError("preferred", "give a share of the support, above 0 and up to 1.", preferred)
        self.parts, self.facts, self.preferred, self.retrieved = list(parts), facts, preferred, retrieved
        self.pairs, self.costs, self.temperature, self.weights = pairs, list(costs), temperature, list(weights)

    def prepare(self, context: FitContext) -> None:
        """Describe all images, score those that somebody is evaluated on, and index the training images.

        Raises:
            LeftOutError: images cannot be described so.
        """
        self.generic = self.facts.generic(context)
        self.training = context.split.train_images
        if "ppr" in self.parts:
            self.semantic = self.facts.semantic(context)
            self.index = NearestNeighbors(n_neighbors=min(self.retrieved, len(self.training)))
            self.index.fit(self.semantic[self.training])
        if "pad" in self.parts:
            self.attributes = standardised(self.facts.attributes(context), context.split)

    def candidates(self) -> Sequence[Settings]:
        """Every weight, with every C where there is a ranker."""
        costs = self.costs if "ppr" in self.parts else self.costs[:1]
        return [{"C": cost, "weight": weight} for cost, weight in product(costs, self.weights)]

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Add the user's parts to the generic score."""
        personal = self._personal(support, float(settings["C"]))
        weight = float(settings["weight"])
        return lambda images: (self.generic[images] + weight * personal[images]).astype(np.float32)

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Fit once for each C; weights share the fit."""
        personal = {cost: self._personal(support, float(cost)) for cost in {found["C"] for found in candidates}}
        return [
            (self.generic[images] + float(settings["weight"]) * personal[settings["C"]][images]).astype(np.float32)
            for settings in candidates
        ]

    def _personal(self, support: Support, cost: float) -> Floats:
        """Return the sum of the parts for all images."""
        best = self._best(support)
        found = {"ppr": lambda: self._ranked(support, best, cost), "pad": lambda: self._weighted(support, best)}
        return np.asarray(sum(self._scaled(found[part]()) for part in self.parts))

    def _scaled(self, values: Floats) -> Floats:
        spread = float(values[self.training].std())
        return values / spread if spread > 0 else np.zeros_like(values)

    def _best(self, support: Support) -> Indices:
        """Return which support images the user likes best, ties in the order in which they were rated."""
        count = max(1, round(self.preferred * len(support.images)))
        return np.argsort(-support.scores, kind="stable")[:count]

    def _ranked(self, support: Support, best: Indices, cost: float) -> Floats:
        """PPR: the scores of the user's ranker."""
        alike = self.training[self.index.kneighbors(self.semantic[support.images[best]], return_distance=False)]
        images = np.concatenate([support.images, alike.ravel()])
        scores = np.concatenate([support.scores, np.repeat(support.scores[best], alike.shape[1])])
        chance = np.random.default_rng((support.user, support.draw))
        return self.semantic @ rank_weights(self.semantic[images], scores, cost, self.pairs, chance)

    def _weighted(self, support: Support, best: Indices) -> Floats:
        """PAD: the mean attribute under the user's distribution."""
        differs = self.attributes[support.images[best]].mean(axis=0)  # from the training images, whose mean is 0
        share = np.exp((differs - differs.max()) / self.temperature)
        return np.asarray(self.attributes @ (share / share.sum()))


def rank_weights(features: Floats, scores: Scores, cost: float, pairs: int, chance: np.random.Generator) -> Floats:
    """Learn a linear order: the direction in which the better of two images lies ahead, by as many pairs as possible.

    Source: Joachims, "Optimizing search engines using clickthrough data", KDD 2002: a support vector machine without
    intercept on differences of features (here with squared hinge loss).

    Args:
        features: ``(images, features)``.
        scores: ``(images,)``; equal scores make no pair.
        cost: C of the machine.
        pairs: greatest number of pairs.
        chance: draws pairs where there are more.

    Returns:
        ``(features,)``, 0 where no two scores differ.
    """
    better, worse = np.nonzero(scores[:, None] > scores)
    if not len(better):
        return np.zeros(features.shape[1])
    if len(better) > pairs:
        drawn = chance.choice(len(better), pairs, replace=False)
        better, worse = better[drawn], worse[drawn]
    ahead = features[better] - features[worse]
    sign = np.where(np.arange(2 * len(ahead)) < len(ahead), 1, -1)
    machine = LinearSVC(C=cost, dual=False, fit_intercept=False)
    machine.fit(np.concatenate([ahead, -ahead]), sign)
    return np.asarray(machine.coef_[0], dtype=np.float64)
