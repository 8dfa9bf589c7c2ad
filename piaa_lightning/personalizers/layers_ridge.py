"""A ridge regression for each user on a frozen layer, scaled and tuned by the user's own ratings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from sklearn.preprocessing import StandardScaler

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.features import Floats, OnFeatures, image_features
from piaa_lightning.personalizers.own_images import network_of
from piaa_lightning.personalizers.personalizer import FitContext, Scorer, Settings, Support
from piaa_lightning.personalizers.ridge import Decomposed, decompose

TARGETS = ("score", "residual")
SCALINGS = ("support", "training")
ALPHAS = tuple(float(alpha) for alpha in np.logspace(-3, 3, 13))


class LayersRidge(OnFeatures):
    """StandardScaler and RidgeCV for each user, on one layer of a network, on several layers, or on several networks.

    A user's score, or what the generic score leaves of it, is t = x'w + b with w = argmin |t - Xw - b|^2 + alpha |w|^2;
    alpha has the least error on the user's own ratings, each left out in turn.

    Source: Ryu and Yanaka, Findings of ACL 2026, arXiv 2604.11374: StandardScaler and RidgeCV with alphas
    logspace(-3, 3, 13) on one hidden layer of a frozen network, for the score or its residual.

    The layer is that of the run: ``backbone.layer=-2``, ``backbone.layer=[last,-2]``, ``backbone=[mobilenetv2,nima]``.
    The published regression sees all features of it: ``backbone.components=null``.

    NOTE: target and scaling are chosen on validation users. A scaler that sees the support alone makes all principal
    components equally long, so that a run on components wants the scale of the training images.
    NOTE: a user whose ratings are all equal is scored as everybody, generically.

    Args:
        model: trained to score images, a LightningModule or its network.
        targets: candidates for what is regressed: ``score``, or ``residual``, what the generic score leaves of it.
        scalings: candidates for what brings features to one scale: ``support``, each to mean 0 and deviation 1 on the
            user's rated images, as published, or ``training``, as they are, see `features.scaled`.
        alphas: penalties from which each user's ratings choose, for features as the scaling leaves them.
        components: at most so many principal components of the layer are used; None takes all features, as published.

    Raises:
        ArgumentError: no penalty, one not above 0, an unknown target or scaling, or none.
    """

    def __init__(
        self,
        model: object = None,
        targets: Sequence[str] = TARGETS,
        scalings: Sequence[str] = SCALINGS,
        alphas: Sequence[float] = ALPHAS,
        components: int | None = None,
    ) -> None:
        self.model = network_of(model)
        for name, chosen, known in (("targets", targets, TARGETS), ("scalings", scalings, SCALINGS)):
            if not chosen or set(chosen) - set(known):
                raise ArgumentError(name, f"choose from {', '.join(known)}.", list(chosen))
        self.targets, self.scalings = list(targets), list(scalings)
        self.alphas = sorted(float(alpha) for alpha in alphas)
        if not self.alphas or self.alphas[0] <= 0:
            raise ArgumentError("alphas", "give at least one, all above 0.", self.alphas)
        self.components = components

    def prepare(self, context: FitContext) -> None:
        """Take the features."""
        self.features = image_features(context, self.components)

    def candidates(self) -> Sequence[Settings]:
        """Return every target under every scaling."""
        return [{"target": target, "scaling": scaling} for target, scaling in product(self.targets, self.scalings)]

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Keep the support; images are scored in closed form."""
        return lambda images: self.trace(support, images, [settings])[0]

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score under every candidate."""
        if np.ptp(support.scores) == 0:
            return [self.features.generic[images]] * len(candidates)
        return [self._scored(support, images, str(each["target"]), str(each["scaling"])) for each in candidates]

    def _scored(self, support: Support, images: Indices, target: str, scaling: str) -> Scores:
        rows, wanted = self.features.rows(support.images), self.features.rows(images)
        if scaling == "support":
            scaler = StandardScaler().fit(rows)
            rows, wanted = scaler.transform(rows), scaler.transform(wanted)
        told, start = support.scores.astype(np.float64), np.zeros(len(images))
        if target == "residual":
            told, start = told - self.features.scores(support.images), self.features.scores(images)
        fit = decompose(rows, told)
        added: Floats = fit.level + (wanted - fit.centre) @ fit.weights(self._own_alpha(fit))
        return start + added  # type: ignore[return-value]  # float64, so that distinct scores stay so

    def _own_alpha(self, fit: Decomposed) -> float:
        """Return the penalty under which the user's own ratings, each left out, are missed least; RidgeCV's rule."""
        errors = [fit.left_out_error(alpha) for alpha in self.alphas]
        best = int(np.argmin(errors))
        return self.alphas[best] if np.isfinite(errors[best]) else self.alphas[-1]
