"""Mean and spread of what networks see in a folder, kept as sums, so that those of two folders can be pooled."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from piaa_lightning.photos.images.photo_features import PhotoFeatures

ROWS = 256  # images that are looked at at once


@dataclass(frozen=True)
class FolderStatistics:
    """Statistics of the features of some images, and, as the last value, of their scores.

    Args:
        count: number of images.
        mean: ``(features + 1,)`` float64.
        variance: ``(features + 1,)`` float64, of the images themselves (divided by their number).

    Example:
        >>> import torch
        >>> from piaa_lightning.photos.images.photo_features import PhotoFeatures
        >>> one = PhotoFeatures(torch.tensor([[1.0], [3.0]]), torch.tensor([0.2, 0.4]))
        >>> other = PhotoFeatures(torch.tensor([[5.0], [7.0]]), torch.tensor([0.6, 0.8]))
        >>> both = FolderStatistics.of(one) + FolderStatistics.of(other)
        >>> both.count, both.mean[0].item(), both.variance[0].item()
        (4.0, 4.0, 5.0)
    """

    count: float
    mean: Tensor
    variance: Tensor

    @classmethod
    def of(cls, seen: PhotoFeatures) -> FolderStatistics:
        """Compute the statistics of images."""
        found = cls.nothing(seen.values.shape[1])
        for start in range(0, len(seen), ROWS):
            some = seen[start : start + ROWS]
            rows = torch.cat([some.values.double(), some.score.double()[:, None]], dim=1)
            found = found + cls(float(len(rows)), rows.mean(dim=0), rows.var(dim=0, correction=0))
        return found

    @classmethod
    def nothing(cls, features: int) -> FolderStatistics:
        """Return the statistics of no image."""
        mean, variance = torch.zeros(2, features + 1, dtype=torch.float64)
        return cls(0.0, mean.clone(), variance.clone())  # each its own memory: safetensors refuses to write shared one

    def __add__(self, other: FolderStatistics) -> FolderStatistics:
        """Pool two folders: what the statistics of all their images are."""
        count = self.count + other.count
        if not count:
            return self
        share = other.count / count
        apart = other.mean - self.mean
        variance = (1 - share) * self.variance + share * other.variance + share * (1 - share) * apart.square()
        return FolderStatistics(count, self.mean + share * apart, variance)
