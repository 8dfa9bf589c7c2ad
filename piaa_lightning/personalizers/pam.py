"""PAM: the generic score and what a user's ratings leave of it, regressed on contents and attributes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from sklearn.svm import SVR

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.image_facts import ImageFacts
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer, Scorer, Settings, Support


class PAM(Personalizer):
    """Residual-based adaptation: generic score + a support vector regression of (score - generic), RBF kernel.

    Source: Ren, Shen, Lin, Mech, Foran, "Personalized image aesthetics", ICCV 2017. Features are the probabilities of
    ten contents, ten attribute scores (AADB's less MotionBlur), or both.
    NOTE: features are brought to one scale on training images, and C, gamma and epsilon are chosen on validation
    users; the paper does not say how it chose them. C = 0 stands for the generic score alone.

    Args:
        facts: which features.
        costs: candidates for C; 0 leaves the generic score as it is.
        gammas: candidates for the kernel's gamma, times the number of features.
        epsilons: candidates for the half-width of the tube without loss, in [0, 1].

    Raises:
        UserError: a list is empty or holds a value below 0.
    """

    def __init__(
        self,
        facts: ImageFacts,
        costs: Sequence[float] = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0),
        gammas: Sequence[float] = (0.1, 0.3, 1.0),
        epsilons: Sequence[float] = (0.05, 0.1),
    ) -> None:
        for name, values in (("costs", costs), ("gammas", gammas), ("epsilons", epsilons)):
            if not values or min(values) < 0:
                raise ArgumentError(name, "give one or more values from 0.", list(values))
        self.facts = facts
        self.costs, self.gammas, self.epsilons = list(costs), list(gammas), list(epsilons)

    def prepare(self, context: FitContext) -> None:
        """Describe all images and score those that somebody is evaluated on.

        Raises:
            LeftOutError: images cannot be described so.
        """
        self.features = self.facts.of(context)
        self.generic = self.facts.generic(context)

    def candidates(self) -> Sequence[Settings]:
        """Every combination of C above 0, gamma and epsilon; C = 0 once."""
        some = [cost for cost in self.costs if cost > 0]
        found = [
            {"C": cost, "gamma": gamma, "epsilon": epsilon}
            for cost, gamma, epsilon in product(some, self.gammas, self.epsilons)
        ]
        return [*({"C": 0.0} for _ in self.costs[: 0 in self.costs]), *found]

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Regress what the generic score leaves."""
        if settings["C"] == 0:
            return lambda images: self.generic[images]
        gamma = float(settings["gamma"]) / self.features.shape[1]
        machine = SVR(kernel="rbf", C=settings["C"], gamma=gamma, epsilon=settings["epsilon"])
        machine.fit(self.features[support.images], support.scores - self.generic[support.images])

        def score(images: Indices) -> Scores:
            return np.asarray(self.generic[images] + machine.predict(self.features[images]), dtype=np.float32)

        return score
