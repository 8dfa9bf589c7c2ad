"""Segalin et al.: what computational aesthetics measures of liked images, and a sparse regression of traits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import ArgumentError
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.gallery_regression import GalleryRegression
from piaa_lightning.estimators.image_features import computational_of
from piaa_lightning.estimators.trait_estimator import Floats

FLOOR = 1e-3  # least variance of a Gaussian, where an image's features have spread 1


class GalleryLasso(GalleryRegression):
    """Big Five of users from computational aesthetics of their favourites, by the lasso.

    Source: Segalin, Perina, Cristani, Vinciarelli, "The pictures we like are our image: continuous mapping of favorite
    pictures into self-assessed and attributed personality traits", IEEE TAC 2017: colour, composition and texture of
    every favourite, galleries summarised by a generative model of images, and a sparse linear regression.
    NOTE: they compare several ways of going from many images to one user; that the talk's row is of this one, a
    mixture whose shares are averaged over the gallery beside the features' own means, is a hypothesis, and so are the
    number of Gaussians and the lasso. Features are the 36 of ``features.COMPUTATIONAL`` instead of 82.

    Args:
        gaussians: of the mixture of images, with diagonal covariances; 0 leaves the means of features alone.
        penalties: candidates for the lasso's penalty, as shares of the least that lets no value in; in (0, 1].

    Raises:
        ArgumentError: a negative number of Gaussians, no penalty, or one outside (0, 1].
    """

    def __init__(
        self, gaussians: int = 10, penalties: Sequence[float] = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
    ) -> None:
        if gaussians < 0:
            raise ArgumentError("gaussians", "give 0 or more.", gaussians)
        if not penalties or not all(0 < penalty <= 1 for penalty in penalties):
            raise ArgumentError("penalties", "give one or more shares above 0, at most 1.", list(penalties))
        self.gaussians, self.penalties = gaussians, tuple(penalties)

    def learn_descriptions(self, context: ImageContext, images: Indices) -> None:
        """Fit the mixture to all that training users like."""
        values = computational_of(context, images)
        self.of_images = StandardScaler().fit(values)
        self.mixture: GaussianMixture | None = None
        if self.gaussians:
            self.mixture = GaussianMixture(
                min(self.gaussians, len(images)), covariance_type="diag", reg_covar=FLOOR, random_state=context.seed
            )
            with warnings.catch_warnings():  # a mixture that still moves a little describes the images as well
                warnings.simplefilter("ignore", ConvergenceWarning)
                self.mixture.fit(self.of_images.transform(values))

    def describe(self, images: Indices) -> NDArray[np.floating]:
        """Return features and, beside them, to what share an image belongs to each Gaussian."""
        values = self.of_images.transform(computational_of(self.context, images))
        return values if self.mixture is None else np.hstack([values, self.mixture.predict_proba(values)])

    def candidates(self, users: int, values: int) -> Sequence[float]:
        """Return the penalties."""
        return self.penalties

    def regress(self, setting: float, galleries: Floats, traits: Floats) -> Floats:
        """Fit a lasso for each trait, all with one penalty."""
        most = float(np.abs(galleries.T @ traits).max()) / len(galleries)
        if most == 0:
            return np.zeros((galleries.shape[1], traits.shape[1]))
        with warnings.catch_warnings():  # more values than users: a path that ends early is penalised as well
            warnings.simplefilter("ignore", ConvergenceWarning)
            return np.asarray(Lasso(setting * most, fit_intercept=False, max_iter=5000).fit(galleries, traits).coef_).T
