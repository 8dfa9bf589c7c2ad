"""One user's taste: what users have in common, and what this user's ratings say."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from piaa_lightning.personalizers.posterior import Posterior
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.process import Process
from piaa_lightning.photos.learning.rating_unit import SPREAD, RatingUnit

ROWS = 256  # images that are scored at once: each of the page's threads keeps as much memory as that takes


@dataclass(frozen=True)
class Prediction:
    """What is expected of images, on a scale from 0 to 1, mostly.

    Args:
        scores: ``(images,)`` by the user.
        generic: ``(images,)`` by anybody.
        uncertainty: ``(images,)`` standard deviation of what the ratings leave open of the user's score.
    """

    scores: Tensor
    generic: Tensor
    uncertainty: Tensor


class PersonalModel:
    """Scores images by the posterior mean of a Gaussian process.

    Ratings that are all equal, even a single one, say something too: that the user likes, or does not like, what the
    rated images have in common.

    Args:
        process: what users have in common, in the folder at hand.
        told: the rated images.
        ratings: ``(ratings,)`` in [0, 1].
    """

    def __init__(self, process: Process, told: PhotoFeatures, ratings: Tensor) -> None:
        self.process, self.told, self.ratings = process, told, ratings.double()
        self.unit = RatingUnit.of(self.ratings)
        with torch.inference_mode(False), torch.no_grad():
            self._told = process.describe(told)
            self._apart = self.unit.into(self.ratings) - self._told.expected.double()
            self._posterior = Posterior(self._apart, process.covariance(self._told, self._told), process.noise)

    @property
    def says_something(self) -> bool:
        """Whether there is any rating."""
        return len(self.ratings) > 0

    def score(self, seen: PhotoFeatures) -> Tensor:
        """Score images, ``(images,)`` mostly in [0, 1]; gradients pass."""
        images = self.process.describe(seen)
        return self.unit.back(images.expected + self._posterior.mean(self.process.covariance(images, self._told)))

    def weights(self, without: int | None = None) -> Tensor:
        """Return what each rating counts for, ``(ratings,)`` float64: a score is a sum of these times `kernel`.

        Args:
            without: number of a rating that is taken not to have been given; its weight is 0.
        """
        own = self._posterior.weights if without is None else self._posterior.weights_without(without)
        return own * self.unit.spread

    def kernel(self, seen: PhotoFeatures) -> tuple[Tensor, Tensor]:
        """Return what a score is the sum of, a few images at a time; float64.

        Returns:
            ``(images,)`` the score before any rating, and ``(images, ratings)`` the covariance with the rated images.
        """
        expected, across = [], []
        with torch.inference_mode():
            for start in range(0, max(len(seen), 1), ROWS):
                images = self.process.describe(seen[start : start + ROWS])
                expected.append(self.unit.back(images.expected.double()))
                across.append(self.process.covariance(images, self._told).double())
        return torch.cat(expected), torch.cat(across)

    def predict(self, seen: PhotoFeatures) -> Prediction:
        """Score images, with what anybody would say and how sure the score is, a few at a time."""
        parts = [self._predict(seen[start : start + ROWS]) for start in range(0, max(len(seen), 1), ROWS)]
        scores, generic, uncertainty = (torch.cat(values) for values in zip(*parts, strict=True))
        return Prediction(scores, generic, uncertainty)

    def _predict(self, seen: PhotoFeatures) -> tuple[Tensor, Tensor, Tensor]:
        with torch.inference_mode():
            images = self.process.describe(seen)
            across = self.process.covariance(images, self._told)
            scores = self.unit.back(images.expected + self._posterior.mean(across))
            left = self._posterior.variance(self.process.variance(images), across)
            return scores, RatingUnit(SPREAD).back(images.expected), left.sqrt() * self.unit.spread

    def without_own(self) -> tuple[Tensor, Tensor]:
        """Return what each rated image would be expected to get if only the others had been rated.

        NOTE: the unit is that of all ratings.

        Returns:
            ``(ratings,)`` scores, and ``(ratings,)`` their uncertainty, as in `Prediction`.
        """
        added, left = self._posterior.left_out()
        return self.unit.back(self._told.expected + added), left.sqrt() * self.unit.spread
