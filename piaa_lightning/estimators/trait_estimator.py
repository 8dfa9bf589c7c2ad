"""The interface of systems that predict users' traits and are fitted without gradient descent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices
from piaa_lightning.estimators.estimator import ImageContext

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class KnownLikes:
    """What some users like, and their traits.

    Args:
        images: ``(likes,)`` numbers of the liked images in the table.
        users: ``(likes,)`` who likes each, a row of `traits`.
        traits: ``(users, traits)`` in [-1, 1].
    """

    images: Indices
    users: Indices
    traits: Floats

    def means(self, values: NDArray[np.floating]) -> Floats:
        """Average over what each user likes.

        Args:
            values: ``(likes, width)`` of the liked images.

        Returns:
            ``(users, width)``.

        Example:
            >>> likes = KnownLikes(np.array([7, 8, 9]), np.array([0, 0, 1]), np.zeros((2, 5)))
            >>> likes.means(np.array([[1.0], [2.0], [5.0]])).tolist()
            [[1.5], [5.0]]
        """
        found = np.zeros((len(self.traits), values.shape[1]))
        np.add.at(found, self.users, values)
        return found / np.bincount(self.users, minlength=len(self.traits))[:, None]


class TraitEstimator(ABC):
    """Fitted once to what training users like; then says of any image what users who like it are like."""

    @abstractmethod
    def fit(self, context: ImageContext, train: KnownLikes, val: KnownLikes) -> None:
        """Learn from training users, and choose settings on validation users alone.

        Args:
            context: where images are read, and what is drawn.
            train: of training users.
            val: of validation users.

        Raises:
            UserError: what this estimator needs is not there.
        """

    @abstractmethod
    def predict(self, images: Indices) -> Floats:
        """Predict the traits of users who like each image; a user's own are the mean over what the user likes.

        Args:
            images: ``(images,)`` numbers of the images in the table.

        Returns:
            ``(images, traits)``; the mean over a user is meant for [-1, 1], a single image may lie outside.
        """
