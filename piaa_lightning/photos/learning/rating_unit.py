"""The unit in which people's ratings are compared: how far from the middle of the scale, in typical spreads."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

MIDDLE = 0.5  # of a scale from 0 to 1
SPREAD = 0.28  # standard deviation of people's ratings in general, as a share of the scale
PRETENDED = 5.0  # ratings of that spread that everybody is taken to have given


@dataclass(frozen=True)
class RatingUnit:
    """One user's unit: z = (rating - middle of the scale) / spread.

    The spread is that of the user's own ratings, moved towards that of people in general by five pretended ratings:
    ``sqrt((5 s0^2 + sum (y - mean y)^2) / (5 + n - 1))``. The middle of the scale stays where it is, so that ratings
    that are all equal say something, too.

    Args:
        spread: as a share of the scale.
    """

    spread: float

    @classmethod
    def of(cls, ratings: Tensor) -> RatingUnit:
        """Find the unit of a user.

        Args:
            ratings: ``(ratings,)`` in [0, 1].

        Example:
            >>> import torch
            >>> round(RatingUnit.of(torch.empty(0)).spread, 2), round(RatingUnit.of(torch.tensor([0.0, 1.0])).spread, 2)
            (0.28, 0.39)
        """
        own = ratings.double()
        apart = float((own - own.mean()).square().sum()) if len(own) else 0.0
        return cls(((PRETENDED * SPREAD**2 + apart) / (PRETENDED + max(len(own), 1) - 1)) ** 0.5)

    def into(self, ratings: Tensor) -> Tensor:
        """Turn ratings in [0, 1] into the unit."""
        return (ratings - MIDDLE) / self.spread

    def back(self, values: Tensor) -> Tensor:
        """Turn values of the unit into ratings, mostly in [0, 1]."""
        return values * self.spread + MIDDLE
