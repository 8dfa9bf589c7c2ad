"""Users as draws of a Gaussian process: the posterior mean of one user's scores in closed form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.features import Floats, OnFeatures
from piaa_lightning.personalizers.own_images import network_of
from piaa_lightning.personalizers.personalizer import Scorer, Settings, Support
from piaa_lightning.personalizers.posterior import posterior_means


class GaussianPersonalizer(OnFeatures):
    """A user's taste is a draw of a Gaussian process that is the same for all users; ratings are it plus noise.

    Subclasses say what the process is and learn it from training users. A user whose ratings are all equal is
    scored as everybody, generically; who gave none by the prior mean, which may know the user's traits.

    Args:
        model: trained to score images, a LightningModule or its network.
        prior_variances: candidate factors of the covariance, chosen on validation users: how far users may differ from
            the mean. That users are evaluated on other images makes what was learnt on training images too sure.
    """

    from_nothing = True

    noise: float

    def __init__(self, model: object = None, prior_variances: Sequence[float] = (1.0,)) -> None:
        self.model = network_of(model)
        self.prior_variances = [float(width) for width in prior_variances]
        if not self.prior_variances or min(self.prior_variances) < 0:
            raise ArgumentError("prior_variances", "give at least one factor, none below 0.", self.prior_variances)

    @abstractmethod
    def mean(self, user: int, images: Indices) -> Floats:
        """Return the prior mean of a user's scores, ``(len(images),)``."""

    @abstractmethod
    def covariance(self, images: Indices, others: Indices) -> Floats:
        """Return the prior covariance of a user's scores of images, ``(len(images), len(others))``."""

    def candidates(self) -> Sequence[Settings]:
        """Return every width."""
        return [{"prior_variance": width} for width in self.prior_variances]

    def without_order(self, user: int, images: Indices) -> Scores:
        """Score for a user whose ratings are all equal: as everybody is, generically."""
        return self.features.generic[images]

    def fit_user(self, support: Support, settings: Settings) -> Scorer:
        """Keep the support; images are scored by the posterior mean."""
        return lambda images: self.trace(support, images, [settings])[0]

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score under every width with one eigendecomposition."""
        if not len(support.scores):
            return [self.mean(support.user, images)] * len(candidates)  # type: ignore[list-item]
        if np.ptp(support.scores) == 0:
            return [self.without_order(support.user, images)] * len(candidates)
        residuals = support.scores.astype(np.float64) - self.mean(support.user, support.images)
        own, across = self.covariance(support.images, support.images), self.covariance(images, support.images)
        prior_variances = [float(settings["prior_variance"]) for settings in candidates]
        start = self.mean(support.user, images)
        found = posterior_means(residuals, own, across, self.noise, prior_variances)
        return [start + added for added in found]  # type: ignore[misc]  # float64, so that distinct scores stay so
