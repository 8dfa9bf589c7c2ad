"""The crowd as if it were one person, so that what fits people can be judged on pictures for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, PictureGround, Verdict
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError, Personalizer, Scorer, Support


class AsOnePerson(Estimator):
    """A personalizer whose person is everybody: average scores of training pictures are the ratings.

    How the talk's user-specific rankers (USAR) were run on AVA, which knows no people, was never said; this is a
    hypothesis and the plainest reading. Settings are chosen on validation pictures by SROCC.

    Args:
        personalizer: fits the crowd.
        shots: training pictures that it is fitted to, drawn at random; all where there are fewer.
    """

    def __init__(self, personalizer: Personalizer, shots: int = 1000) -> None:
        self.personalizer = personalizer
        self.shots = shots
        self.chosen: Mapping[str, Any] = {}

    def fit(self, ground: PictureGround) -> None:
        """Fit the crowd's scores.

        Raises:
            UserError: what the personalizer stands on is not there.
        """
        try:
            self.personalizer.prepare(
                Ground(ground.table, ground.split, ground.inputs, ground.device, ground.prior, ground.aids)
            )
        except LeftOutError as reason:
            raise UserError(f"{type(self.personalizer).__name__} cannot judge pictures: {reason}.") from reason
        images, scores = ground.scored("train")
        drawn = np.sort(np.random.default_rng(ground.seed).permutation(len(images))[: self.shots])
        crowd = Support(0, images[drawn], scores[drawn].astype(np.float32), ground.seed)
        self.chosen = self._choose(ground, crowd)
        self.scorer: Scorer = self.personalizer.fit(crowd, self.chosen)

    def judge(self, images: Indices) -> Verdict:
        """Return scores."""
        return Verdict(np.asarray(self.scorer(images), dtype=np.float64))

    def _choose(self, ground: PictureGround, crowd: Support) -> Mapping[str, Any]:
        """Return the settings that order validation pictures best, the first of several that are equal."""
        candidates = self.personalizer.candidates()
        if len(candidates) == 1:
            return candidates[0]
        images, scores = ground.scored("val")
        said: list[Scores] = self.personalizer.trace(crowd, images, candidates)
        return candidates[int(np.argmax([srocc(values, scores) for values in said]))]
