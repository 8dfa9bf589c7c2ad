"""Control: the generic model as it is, alike for everybody."""

from __future__ import annotations

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.network_scorer import NetworkScorer
from piaa_lightning.personalizers.own_images import network_of
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer, Scorer, Settings, Support


class Generic(Personalizer):
    """The generic model's own scores, without any rating of the user; each image is scored once for all users.

    Args:
        model: trained to score images, a LightningModule or its network.
    """

    from_nothing = True

    def __init__(self, model: object = None) -> None:
        self.model = network_of(model)

    def prepare(self, context: FitContext) -> None:
        """Score all images that somebody may be evaluated on."""
        self.scores = NetworkScorer(context).zero_shot()

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Ignore the user's ratings."""
        return self._score

    def _score(self, images: Indices) -> Scores:
        return self.scores[images]
