"""A metric: is the image that a method puts first one of the user's best?"""

from __future__ import annotations

import numpy as np

from piaa_lightning.metrics.registry import Metric, register


def top_is_liked(prediction, target):
    """Return 1 where the image with the highest prediction has the highest score, else 0."""
    prediction, target = np.asarray(prediction), np.asarray(target)
    return float(target[prediction.argmax()] == target.max())


TOP = register(Metric("top_is_liked", "top is liked", top_is_liked, levels=("user",), bounds=(0, 1)))
