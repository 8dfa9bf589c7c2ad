"""The crowd as if it were one user, so that what fits users can be evaluated on images for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, ImageContext, Prediction
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError, Personalizer, Scorer, Support


class AsOneUser(Estimator):
    """A personalizer whose user is everybody: average scores of training images are the ratings.

    How the talk's user-specific rankers (USAR) were run on AVA, which knows no users, was never said; this is a
    hypothesis and the plainest reading. Settings are chosen on validation images by SROCC.

    Args:
        personalizer: fits the crowd.
        shots: training images that it is fitted to, drawn at random; all where there are fewer.
    """

    def __init__(self, personalizer: Personalizer, shots: int = 1000) -> None:
        self.personalizer = personalizer
        self.shots = shots
        self.chosen: Mapping[str, Any] = {}

    def fit(self, context: ImageContext) -> None:
        """Fit the crowd's scores.

        Raises:
            UserError: what the personalizer stands on is not there.
        """
        try:
            self.personalizer.prepare(
                FitContext(
                    context.table, context.split, context.inputs, context.device, context.model, context.auxiliary
                )
            )
        except LeftOutError as reason:
            raise UserError(f"{type(self.personalizer).__name__} cannot evaluate images: {reason}.") from reason
        images, scores = context.scored("train")
        drawn = np.sort(np.random.default_rng(context.seed).permutation(len(images))[: self.shots])
        crowd = Support(0, images[drawn], scores[drawn].astype(np.float32), context.seed)
        self.chosen = self._choose(context, crowd)
        self.scorer: Scorer = self.personalizer.fit_user(crowd, self.chosen)

    def predict(self, images: Indices) -> Prediction:
        """Return scores."""
        return Prediction(np.asarray(self.scorer(images), dtype=np.float64))

    def _choose(self, context: ImageContext, crowd: Support) -> Mapping[str, Any]:
        """Return the settings that order validation images best, the first of several that are equal."""
        candidates = self.personalizer.candidates()
        if len(candidates) == 1:
            return candidates[0]
        images, scores = context.scored("val")
        said: list[Scores] = self.personalizer.trace(crowd, images, candidates)
        return candidates[int(np.argmax([srocc(values, scores) for values in said]))]
