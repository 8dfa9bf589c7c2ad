"""Control: the generic model on a user's own scale, which must not change any rank correlation."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.generic import Generic
from piaa_lightning.personalizers.personalizer import Scorer, Settings, Support

LEAST_SLOPE = 1e-3  # keeps the order: a calibration may flatten the generic scores but not turn them round


class GenericAffine(Generic):
    """Slope and offset per user, fitted by least squares; the slope is kept positive.

    The row's SROCC must equal the generic row's: a check of the protocol, since only order is evaluated.
    """

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Fit slope and offset in float64, so that distinct scores stay distinct."""
        if not len(support.images):
            return self._score
        generic = self.scores[support.images].astype(np.float64)
        own = support.scores.astype(np.float64)
        spread = generic - generic.mean()
        power = float(spread @ spread)
        slope = max(float(spread @ own) / power, LEAST_SLOPE) if power > 0 else 1.0
        offset = float(own.mean() - slope * generic.mean())

        def score(images: Indices) -> Scores:
            return self.scores[images].astype(np.float64) * slope + offset  # type: ignore[return-value]

        return score
