"""A user's score of photographs as a draw of a Gaussian process, in the form that every population prior here has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from piaa_lightning.photos.images.photo_features import PhotoFeatures


@dataclass(frozen=True)
class Described:
    """All that a process needs to know of some images; float32, gradients pass.

    Args:
        expected: ``(images,)`` what anybody is expected to say, in the unit of `RatingUnit`.
        linear: ``(images, n)`` l, whose inner products are the first part of the covariance.
        known: ``(images, m)`` v, whose inner products are taken off it: what training images say of an image.
        directions: ``(images, d)`` u, of length 1, whose cosines c give the third part, c + c^2.
    """

    expected: Tensor
    linear: Tensor
    known: Tensor
    directions: Tensor

    def __len__(self) -> int:
        return len(self.expected)


@dataclass(frozen=True)
class Process:
    """k(x, x') = l.l' - v.v' + w (c + c^2), with ratings that are draws of it plus noise.

    Args:
        describe: turns features into what the formula needs.
        noise: variance of one rating.
        curved: w, the weight of what is liked in images that are like each other.
    """

    describe: Callable[[PhotoFeatures], Described]
    noise: float
    curved: float = 0.0

    def covariance(self, images: Described, others: Described) -> Tensor:
        """Return the covariance of a user's scores before any rating, ``(len(images), len(others))``."""
        found = images.linear @ others.linear.T - images.known @ others.known.T
        if self.curved:
            cosines = images.directions @ others.directions.T
            found = found + self.curved * (cosines + cosines.square())
        return found

    def variance(self, images: Described) -> Tensor:
        """Return the diagonal of `covariance` alone, ``(len(images),)``."""
        # the cosine of an image with itself is 1
        return images.linear.square().sum(dim=1) - images.known.square().sum(dim=1) + 2 * self.curved
