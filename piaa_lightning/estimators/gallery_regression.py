"""Traits of users, linearly from the mean of what is measured of all images that a user likes."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from piaa_lightning.data.ratings import Indices
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.trait_estimator import Floats, KnownLikes, TraitEstimator

log = logging.getLogger(__name__)


class GalleryRegression(TraitEstimator):
    """A linear machine on galleries: being linear, it says of every image what the image adds to its user's prediction.

    Galleries are brought to mean 0 and spread 1 over training users. Validation users choose one setting for all
    traits, by mean squared error. A subclass says how an image is described, and which machine it is.
    """

    @abstractmethod
    def learn_descriptions(self, context: ImageContext, images: Indices) -> None:
        """Learn how to describe images from those that training users like, ``(images,)`` different ones."""

    @abstractmethod
    def describe(self, images: Indices) -> NDArray[np.floating]:
        """Describe images, ``(images, values)``; ``images`` are all different."""

    @abstractmethod
    def candidates(self, users: int, values: int) -> Sequence[float]:
        """Return the settings to choose from, for so many training users and values of a gallery."""

    @abstractmethod
    def regress(self, setting: float, galleries: Floats, traits: Floats) -> Floats:
        """Fit one machine.

        Args:
            setting: one of the candidates.
            galleries: ``(users, values)`` with mean 0 and spread 1.
            traits: ``(users, traits)`` with mean 0.

        Returns:
            ``(values, traits)`` what a value adds to a trait.
        """

    def fit(self, context: ImageContext, train: KnownLikes, val: KnownLikes) -> None:
        """Describe galleries, fit a machine for each setting, and keep that of the least error on validation users."""
        self.context = context
        self.learn_descriptions(context, np.unique(train.images))
        described = train.means(self._described(train.images))
        self.scale = StandardScaler().fit(described)
        galleries, seen = self.scale.transform(described), self.scale.transform(val.means(self._described(val.images)))
        self.level = train.traits.mean(axis=0)
        settings = self.candidates(*galleries.shape)
        machines = [self.regress(setting, galleries, train.traits - self.level) for setting in settings]
        errors = [float(np.mean((seen @ machine + self.level - val.traits) ** 2)) for machine in machines]
        best = int(np.argmin(errors))
        self.chosen, self.weights = settings[best], machines[best]
        log.info("%s: %g, RMSE %.3f on validation users", type(self).__name__, self.chosen, errors[best] ** 0.5)

    def predict(self, images: Indices) -> Floats:
        """Return the linear prediction of each image."""
        return np.asarray(self.scale.transform(self._described(images)) @ self.weights + self.level)

    def _described(self, images: Indices) -> NDArray[np.floating]:
        """Describe images, each once however many users like it."""
        different, place = np.unique(images, return_inverse=True)
        return self.describe(different)[place]
