"""The posterior of a Gaussian process: what ratings of some images say of others, in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]


def posterior_means(
    residuals: Floats, covariance: Floats, across: Floats, noise: float, prior_variances: Sequence[float]
) -> list[Floats]:
    """Posterior mean of a Gaussian process, K_* (K + noise / width I)^-1 r, for several prior_variances at once.

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equation 2.25. A width multiplies
    the covariance, which is dividing the noise.

    Args:
        residuals: ``(shots,)`` ratings less the prior mean.
        covariance: ``(shots, shots)`` K between the support images.
        across: ``(images, shots)`` K_* between the images to score and the support images.
        noise: variance of one rating about the user's taste, above 0.
        prior_variances: factors of the covariance; 0 gives the prior mean.

    Returns:
        For each width ``(images,)``, to be added to the prior mean.
    """
    values, axes = np.linalg.eigh(covariance)
    values = np.maximum(values, 0.0)
    turned, seen = axes.T @ residuals, across @ axes
    return [seen @ (turned * width / (width * values + noise)) for width in prior_variances]


class Posterior:
    """What the ratings of a few images leave of a process: one width, with gradients, uncertainty and a look back.

    Source: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, equations 2.25 and 2.26, and 5.12
    for what each image is expected to get from the others alone.

    Args:
        residuals: ``(ratings,)`` less the prior mean; there may be none.
        covariance: ``(ratings, ratings)`` K between the rated images.
        noise: variance of one rating, above 0.

    Example:
        >>> import torch
        >>> after = Posterior(torch.tensor([1.0]), torch.tensor([[2.0]]), noise=2.0)
        >>> after.mean(torch.tensor([[2.0], [0.0]])).tolist()  # half of what was said; nothing where nothing is alike
        [0.5, 0.0]
    """

    def __init__(self, residuals: Tensor, covariance: Tensor, noise: float) -> None:
        values, self._axes = torch.linalg.eigh(covariance.detach().double())
        self._values = values.clamp(min=0) + noise
        self._residuals, self._noise = residuals.detach().double(), noise
        self.weights: Tensor = self._axes @ (self._axes.T @ self._residuals / self._values)

    def mean(self, across: Tensor) -> Tensor:
        """Return what is to be added to the prior mean of images.

        Args:
            across: ``(images, ratings)`` K between the images and the rated ones; gradients pass.
        """
        added: Tensor = across @ self.weights.to(across.dtype)
        return added

    def variance(self, before: Tensor, across: Tensor) -> Tensor:
        """Return the variances that are left, ``(images,)``; what was said does not matter, only of which images.

        Args:
            before: ``(images,)`` without ratings.
            across: see `mean`.
        """
        return (before - self._seen(across).square().sum(dim=1)).clamp(min=0)

    def covariance(self, before: Tensor, across: Tensor) -> Tensor:
        """Return the covariance that is left, ``(images, images)``; see `variance`."""
        seen = self._seen(across)
        left: Tensor = before - seen @ seen.T
        return left

    def left_out(self) -> tuple[Tensor, Tensor]:
        """Return what each rated image is expected to get from the others' ratings, and how surely.

        Returns:
            ``(ratings,)`` what is to be added to the prior mean, and ``(ratings,)`` variances of the score.
        """
        diagonal = (self._axes.square() / self._values).sum(dim=1)  # of the inverse
        return self._residuals - self.weights / diagonal, (1 / diagonal - self._noise).clamp(min=0)

    def weights_without(self, number: int) -> Tensor:
        """Return ``(ratings,)`` the weights if one rating had not been given; its own is 0.

        Source: w_j - (K^-1)_ji w_i / (K^-1)_ii, the weights behind `left_out`.

        Args:
            number: of that rating.
        """
        row = self._axes @ (self._axes[number] / self._values)  # of the inverse
        without: Tensor = self.weights - row * (self.weights[number] / row[number])
        without[number] = 0.0
        return without

    def _seen(self, across: Tensor) -> Tensor:
        seen: Tensor = across @ (self._axes / self._values.sqrt()).to(across.dtype)
        return seen
