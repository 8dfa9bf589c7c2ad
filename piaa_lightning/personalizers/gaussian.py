"""People as draws of a Gaussian process: the posterior mean of one person's scores in closed form."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.features import Floats, PictureFeatures
from piaa_lightning.personalizers.personalizer import Personalizer, Scorer, Settings, Support


def posterior_means(
    residuals: Floats, covariance: Floats, across: Floats, noise: float, widths: Sequence[float]
) -> list[Floats]:
    """Posterior mean of a Gaussian process, K_* (K + noise / width I)^-1 r, for several widths at once.

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equation 2.25. A width multiplies
    the covariance, which is dividing the noise.

    Args:
        residuals: ``(shots,)`` ratings less the prior mean.
        covariance: ``(shots, shots)`` K between the support pictures.
        across: ``(pictures, shots)`` K_* between the pictures to score and the support pictures.
        noise: variance of one rating about the person's taste, above 0.
        widths: factors of the covariance; 0 gives the prior mean.

    Returns:
        For each width ``(pictures,)``, to be added to the prior mean.
    """
    values, axes = np.linalg.eigh(covariance)
    values = np.maximum(values, 0.0)
    turned, seen = axes.T @ residuals, across @ axes
    return [seen @ (turned * width / (width * values + noise)) for width in widths]


class GaussianPersonalizer(Personalizer):
    """A person's taste is a draw of a Gaussian process that is the same for all people; ratings are it plus noise.

    Subclasses say what the process is and learn it from training people. A person whose ratings are all equal is
    scored as everybody, generically.

    Args:
        widths: candidate factors of the covariance, chosen on validation users: how far people may differ from the mean.
            That training pictures are not what people are judged on makes what was learnt there too sure of itself.
    """

    features: PictureFeatures
    noise: float

    def __init__(self, widths: Sequence[float] = (1.0,)) -> None:
        self.widths = [float(width) for width in widths]
        if not self.widths or min(self.widths) < 0:
            raise UserError(f"personalizer.widths={self.widths}: give at least one factor, none below 0.")

    @abstractmethod
    def mean(self, user: int, images: Indices) -> Floats:
        """Return the prior mean of a person's scores, ``(len(images),)``."""

    @abstractmethod
    def covariance(self, images: Indices, others: Indices) -> Floats:
        """Return the prior covariance of a person's scores of pictures, ``(len(images), len(others))``."""

    def candidates(self) -> Sequence[Settings]:
        """Return every width."""
        return [{"width": width} for width in self.widths]

    def fit(self, support: Support, settings: Settings) -> Scorer:
        """Keep the support; pictures are scored by the posterior mean."""
        return lambda images: self.trace(support, images, [settings])[0]

    def trace(self, support: Support, images: Indices, candidates: Sequence[Settings]) -> list[Scores]:
        """Score under every width with one eigendecomposition."""
        if np.ptp(support.scores) == 0:
            return [self.features.generic[images]] * len(candidates)
        residuals = support.scores.astype(np.float64) - self.mean(support.user, support.images)
        own, across = self.covariance(support.images, support.images), self.covariance(images, support.images)
        widths = [float(settings["width"]) for settings in candidates]
        start = self.mean(support.user, images)
        found = posterior_means(residuals, own, across, self.noise, widths)
        return [start + added for added in found]  # type: ignore[misc]  # float64, so that distinct scores stay so
