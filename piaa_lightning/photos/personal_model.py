"""One user's taste: what users have in common, and what this user's ratings say."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.photos.population import PopulationPrior


class PersonalModel:
    """Scores images by the posterior mean of a Gaussian process.

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equation 2.25.

    While all ratings are equal they say nothing about an order, and images are scored as anybody is expected to.

    Args:
        users: what users have in common.
        rows: ``(ratings, 1 + components)`` the rated images, see `Users.rows`.
        scores: ``(ratings,)`` in [0, 1].
    """

    def __init__(self, users: PopulationPrior, rows: Tensor, scores: Tensor) -> None:
        self.users = users
        self.told, self.scores = rows.double(), scores.double()
        self.prior_variance = users.prior_variance(len(scores))
        self.says_something = len(scores) > 1 and float(scores.max() - scores.min()) > 0
        if self.says_something:
            noisy = users.covariance_between(self.told, self.told, self.prior_variance) + users.noise * torch.eye(
                len(scores)
            )
            self._pull = torch.linalg.solve(noisy, self.scores - users.expected(self.told))

    def score(self, rows: Tensor) -> Tensor:
        """Score images.

        Args:
            rows: ``(images, 1 + components)``.

        Returns:
            ``(images,)``, mostly in [0, 1]; differentiable.
        """
        rows = rows.double()
        expected = self.users.expected(rows)
        if not self.says_something:
            return expected
        scores: Tensor = expected + self.users.covariance_between(rows, self.told, self.prior_variance) @ self._pull
        return scores

    def uncertainty(self, rows: Tensor) -> Tensor:
        """Return the covariance of the scores of images that the ratings leave, ``(images, images)``.

        It depends on which images were rated, not on how.
        """
        rows = rows.double()
        left: Tensor = self.users.covariance_between(rows, rows, self.prior_variance)
        if not len(self.told):
            return left
        across = self.users.covariance_between(rows, self.told, self.prior_variance)
        noisy = self.users.covariance_between(self.told, self.told, self.prior_variance)
        noisy = noisy + self.users.noise * torch.eye(len(self.told))
        left = left - across @ torch.linalg.solve(noisy, across.T)
        return left
