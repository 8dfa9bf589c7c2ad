"""Which pictures a new person is asked to rate: an order of the pictures that could be asked, made without any score.

The design of the comparison: every repeat parts a person's rated pictures at random into a pool and a query set, which
is the same for all ways of choosing and for all numbers of shots; supports are the first k of the pool, in random order
or in the order that a rule puts it. So methods, rules and shots pair. The price is a smaller query set, and a pool that
ends with what the person has rated: an active rule that could ask for any picture might gain more.
"""

from __future__ import annotations

from typing import Protocol as Interface

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices
from piaa_lightning.evaluation.pam_choice import pam_choice
from piaa_lightning.personalizers.features import picture_features
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.personalizer import Ground

Floats = NDArray[np.float64]


def by_information(covariance: Floats, noise: float, count: int) -> Indices:
    """Greedy order that leaves the least uncertainty about the order of all pictures of the pool.

    Under a Gaussian model the posterior covariance does not depend on the ratings: all can be chosen beforehand.
    Each next picture is the one whose rating would take most off the summed variance of the pool's scores about their
    mean (A-optimal design; Krause, Singh and Guestrin, JMLR 2008, for greedy choice under Gaussian processes).

    NOTE: scores less their mean, because a person's level changes no order.

    Args:
        covariance: ``(pool, pool)`` prior covariance of the person's scores.
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
    """Puts the pictures that a person could be asked about in the order in which they are asked."""

    def prepare(self, ground: Ground) -> None:
        """Do once what is the same for all people."""

    def order(self, images: Indices, count: int) -> Indices:
        """Return ``(count,)`` places in ``images``, without looking at any score of the person."""
        ...


class Active:
    """Expected information under the hierarchical model of the training people.

    Args:
        model: says how scores vary together over people.
    """

    def __init__(self, model: Hierarchical) -> None:
        self.model = model

    def prepare(self, ground: Ground) -> None:
        """Learn the model from the training people."""
        self.model.prepare(ground)

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

    def prepare(self, ground: Ground) -> None:
        """Take the features."""
        self.features = picture_features(ground, self.components)

    def order(self, images: Indices, count: int) -> Indices:
        """Return the greedy order."""
        return pam_choice(self.features.rows(images), np.arange(len(images)), count, self.redundancy)
