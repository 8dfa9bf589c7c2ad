"""Which images a new user is asked to rate: an order of the images that could be asked, made without any score.

The design of the comparison: every repeat parts a user's rated images at random into a pool and a query set, which
is the same for all ways of choosing and for all numbers of shots; supports are the first k of the pool, in random order
or in the order that a rule puts it. So methods, rules and shots pair. The price is a smaller query set, and a pool that
ends with what the user has rated: an active rule that could ask for any image might gain more.
"""

from __future__ import annotations

from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices
from piaa_lightning.evaluation.pam_choice import pam_choice
from piaa_lightning.personalizers.features import image_features
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.personalizer import FitContext

Floats = NDArray[np.float64]


def by_information(covariance: Floats, noise: float, count: int) -> Indices:
    """Greedy order that leaves the least uncertainty about the order of all images of the pool.

    Under a Gaussian model the posterior covariance does not depend on the ratings: all can be chosen beforehand.
    Each next image is the one whose rating would take most off the summed variance of the pool's scores about their
    mean (A-optimal design; Krause, Singh and Guestrin, JMLR 2008, for greedy choice under Gaussian processes).

    NOTE: scores less their mean, because a user's level changes no order.

    Args:
        covariance: ``(pool, pool)`` prior covariance of the user's scores.
        noise: variance of a rating.
        count: how many to choose.

    Returns:
        ``(count,)`` places in the pool, the first to ask first; no place twice.
    """
    left = covariance.astype(np.float64).copy()
    chosen: list[int] = []
    for _ in range(min(count, len(left))):
        about = left - left.mean(axis=0)
        gain = np.square(about).sum(axis=0) / (np.diag(left) + noise)
        gain[chosen] = -np.inf
        best = int(gain.argmax())
        chosen.append(best)
        column = left[:, best].copy()
        left -= np.outer(column, column) / (column[best] + noise)
    return np.array(chosen, dtype=np.int64)


class SupportChoice(Interface):
    """Puts the images that a user could be asked about in the order in which they are asked."""

    def prepare(self, context: FitContext) -> None:
        """Do once what is the same for all users."""

    def order(self, images: Indices, count: int) -> Indices:
        """Return ``(count,)`` places in ``images``, without looking at any score of the user."""
        ...


class Active:
    """Expected information under the hierarchical model of the training users.

    Args:
        model: says how scores vary together over users.
    """

    def __init__(self, model: Hierarchical) -> None:
        self.model = model

    def prepare(self, context: FitContext) -> None:
        """Learn the model from the training users."""
        self.model.prepare(context)

    def order(self, images: Indices, count: int) -> Indices:
        """Return the greedy order."""
        return by_information(self.model.covariance(images, images), self.model.noise, count)


class LittleRedundancy:
    """PAM's rule on the prior's features.

    Args:
        redundancy: see `pam_choice`.
        components: at most so many principal components of the features are used; None takes all.
    """

    def __init__(self, redundancy: float = 1.0, components: int | None = 32) -> None:
        self.redundancy = redundancy
        self.components = components

    def prepare(self, context: FitContext) -> None:
        """Take the features."""
        self.features = image_features(context, self.components)

    def order(self, images: Indices, count: int) -> Indices:
        """Return the greedy order."""
        return pam_choice(self.features.rows(images), np.arange(len(images)), count, self.redundancy)
