"""One person's taste: what people have in common, and what this person's ratings say."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.photos.population import People


class Taste:
    """Scores pictures by the posterior mean of a Gaussian process.

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equation 2.25.

    While all ratings are equal they say nothing about an order, and pictures are scored as anybody is expected to.

    Args:
        people: what people have in common.
        rows: ``(ratings, 1 + components)`` the rated pictures, see `People.rows`.
        scores: ``(ratings,)`` in [0, 1].
    """

    def __init__(self, people: People, rows: Tensor, scores: Tensor) -> None:
        self.people = people
        self.told, self.scores = rows.double(), scores.double()
        self.width = people.width(len(scores))
        self.says_something = len(scores) > 1 and float(scores.max() - scores.min()) > 0
        if self.says_something:
            noisy = people.together(self.told, self.told, self.width) + people.noise * torch.eye(len(scores))
            self._pull = torch.linalg.solve(noisy, self.scores - people.expected(self.told))

    def score(self, rows: Tensor) -> Tensor:
        """Score pictures.

        Args:
            rows: ``(pictures, 1 + components)``.

        Returns:
            ``(pictures,)``, mostly in [0, 1]; differentiable.
        """
        rows = rows.double()
        expected = self.people.expected(rows)
        if not self.says_something:
            return expected
        scores: Tensor = expected + self.people.together(rows, self.told, self.width) @ self._pull
        return scores

    def uncertainty(self, rows: Tensor) -> Tensor:
        """Return the covariance of the scores of pictures that the ratings leave, ``(pictures, pictures)``.

        It depends on which pictures were rated, not on how.
        """
        rows = rows.double()
        left: Tensor = self.people.together(rows, rows, self.width)
        if not len(self.told):
            return left
        across = self.people.together(rows, self.told, self.width)
        noisy = self.people.together(self.told, self.told, self.width)
        noisy = noisy + self.people.noise * torch.eye(len(self.told))
        left = left - across @ torch.linalg.solve(noisy, across.T)
        return left
