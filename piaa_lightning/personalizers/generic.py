"""Control: the generic model as it is, alike for everybody."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.personalizer import Ground, Personalizer, Scorer, Settings, Support


class Generic(Personalizer):
    """The prior's own scores, zero shots; every held-out picture is scored once for all people and repeats."""

    def prepare(self, ground: Ground) -> None:
        """Score all pictures that somebody may be judged on."""
        scorer = NetworkScorer(ground)
        held_out = np.concatenate([ground.split.val_images, ground.split.test_images])
        self.scores = np.full(ground.table.images, np.nan, dtype=np.float32)
        self.scores[held_out] = scorer.score(scorer.prior, held_out)

    def fit(self, support: Support, settings: Settings) -> Scorer:
        """Ignore the person's ratings."""
        return self._score

    def _score(self, images: Indices) -> Scores:
        return self.scores[images]
