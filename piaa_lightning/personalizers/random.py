"""Control: scores drawn at random, the floor of every table."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.personalizer import Personalizer, Scorer, Settings, Support


class Random(Personalizer):
    """Uniform scores, drawn anew for every user and repeat.

    Args:
        seed: of the draws.
    """

    from_nothing = True

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Ignore the user."""

        def score(images: Indices) -> Scores:
            draw = np.random.default_rng((self.seed, support.user, support.draw))
            return draw.random(len(images), dtype=np.float32)

        return score
