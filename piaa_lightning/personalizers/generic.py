"""Control: the generic model as it is, alike for everybody."""

from __future__ import annotations

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.personalizer import Ground, Personalizer, Scorer, Settings, Support


class Generic(Personalizer):
    """The prior's own scores, zero shots; every held-out picture is scored once for all people and repeats."""

    def prepare(self, ground: Ground) -> None:
        """Score all pictures that somebody may be judged on."""
        self.scores = NetworkScorer(ground).zero_shot()

    def fit(self, support: Support, settings: Settings) -> Scorer:
        """Ignore the person's ratings."""
        return self._score

    def _score(self, images: Indices) -> Scores:
        return self.scores[images]
