"""PAM's rule for what a user is asked to rate: images that tell much about the others and little twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices

Floats = NDArray[np.float64]


def pam_choice(features: Floats, pool: Indices, count: int, redundancy: float = 1.0) -> Indices:
    """Choose images one by one: the mean likeness to the pool, less the likeness to the nearest one chosen before.

    Source: Ren et al., "Personalized image aesthetics", ICCV 2017, whose active variant weighs how informative a
    image is against how redundant. NOTE: this form is a hypothesis. The paper also looks at what earlier answers
    left of the generic score; here all are chosen before any is rated, and no rating is seen.

    Args:
        features: ``(images, features)`` of all images, on one scale.
        pool: numbers of the images that may be chosen.
        count: how many; all of the pool where it is smaller.
        redundancy: what likeness to a chosen image counts against likeness to the pool; 0 takes the most typical.

    Returns:
        ``(count,)`` numbers of images, in the order in which they were chosen; ties in the order of the pool.
    """
    own = features[pool]
    power = (own**2).sum(axis=1)
    squared = np.maximum(power[:, None] + power - 2 * own @ own.T, 0)  # rounding may leave less than nothing
    np.fill_diagonal(squared, 0)
    apart = squared[squared > 0]
    alike = np.exp(-squared / (np.median(apart) if len(apart) else 1.0))
    typical, nearest = alike.mean(axis=1), np.zeros(len(pool))
    chosen: list[int] = []
    for _ in range(min(count, len(pool))):
        worth = typical - redundancy * nearest
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
        nearest = np.maximum(nearest, alike[chosen[-1]])
    return np.asarray(pool)[chosen]
