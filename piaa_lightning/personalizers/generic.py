"""Control: the generic model as it is, alike for everybody."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.personalizer import Ground, Personalizer, Scorer, Settings, Support


class Generic(Personalizer):
    """The prior's own scores, zero shots; every picture is scored once for all people and repeats."""

    def prepare(self, ground: Ground) -> None:
        """Take the prior; nothing is scored before somebody asks."""
        self.scorer = NetworkScorer(ground)
        self.scores = np.full(ground.table.images, np.nan, dtype=np.float32)

    def fit(self, support: Support, settings: Settings) -> Scorer:
        """Ignore the person's ratings."""
        return self.generic_scores

    def generic_scores(self, images: Indices) -> Scores:
        """Return the prior's scores, and remember them."""
        new = np.unique(images[np.isnan(self.scores[images])])
        if len(new):
            self.scores[new] = self.scorer.score(self.scorer.prior, new)
        return self.scores[images]
