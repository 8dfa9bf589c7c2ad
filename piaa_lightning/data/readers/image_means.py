"""Average per image what raters said beside their score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Ids, Scores


def image_means(image: pd.Series[str], answers: pd.DataFrame, image_ids: Ids) -> Scores:
    """Average answers over everybody who rated an image.

    NOTE: the averages hold the answers of held-out users too, as published attributes do; learn from those of
    training images only.

    Args:
        image: ``(answers,)`` image ids.
        answers: ``(answers, attributes)`` numbers, NaN where a user gave none.
        image_ids: the images of the table.

    Returns:
        ``(images, attributes)`` in the answers' own units, NaN where nobody answered.
    """
    place = pd.Index(image_ids).get_indexer(pd.Index(image))
    means = np.full((len(image_ids), answers.shape[1]), np.nan)
    for column, name in enumerate(answers):
        values = answers[name].to_numpy(dtype=np.float64)
        known = np.isfinite(values) & (place >= 0)
        count = np.bincount(place[known], minlength=len(image_ids))
        total = np.bincount(place[known], weights=values[known], minlength=len(image_ids))
        np.divide(total, count, out=means[:, column], where=count > 0)
    return means.astype(np.float32)
