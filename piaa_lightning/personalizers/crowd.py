"""Control: what all the other raters of an image think, an oracle that sees ratings of the query images."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer, Scorer, Settings, Support


class Crowd(Personalizer):
    """Leave-one-out mean of an image's other raters; the overall mean where nobody else rated it.

    An oracle: no model sees these ratings. It shows what perfect knowledge of the shared taste would be worth.
    """

    from_nothing = True

    def prepare(self, context: FitContext) -> None:
        """Sum up every image's ratings."""
        self.table = table = context.table
        self.total = np.bincount(table.image, weights=table.score.astype(np.float64), minlength=table.images)
        self.count = np.bincount(table.image, minlength=table.images)
        self.mean = float(table.score.mean())

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Take the user's own ratings out of the sums."""
        own = self.table.user == support.user
        images, scores = self.table.image[own], self.table.score[own].astype(np.float64)
        total, count = self.total.copy(), self.count.copy()
        np.subtract.at(total, images, scores)
        np.subtract.at(count, images, 1)

        def score(wanted: Indices) -> Scores:
            others = count[wanted]
            crowd = np.where(others > 0, total[wanted] / np.maximum(others, 1), self.mean)
            # sums in another order differ in the last bits: rounding keeps equal means equal
            return np.round(crowd, 9).astype(np.float32)

        return score
