"""A population prior that nobody's own ratings stand behind: a generic score, and features measured by the folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.population import PopulationPrior
from piaa_lightning.photos.learning.process import Described, Process

SMALLEST = 1e-6  # standard deviation below which a feature says nothing


@dataclass(frozen=True)
class FolderNumbers:
    """The numbers of a `FolderPrior`, in the unit of `RatingUnit`; ratios of variances decide about the order.

    Args:
        slope: of what anybody is expected to say, over the generic score.
        slope_variance: of how much people follow that score.
        feature_variance: of what people like in an image beyond it.
        level_variance: of how high people rate at all.
        noise: variance of one rating.
        pretended: images of the reference that a folder's spread is taken to contain.
    """

    slope: float
    slope_variance: float
    feature_variance: float
    level_variance: float
    noise: float
    pretended: float


@dataclass(frozen=True)
class FolderPrior(PopulationPrior):
    """f = slope g + N(0, slope_variance) g + x.w + level, w ~ N(0, feature_variance / d) for each of d features.

    g is the generic score and x the features, each less its mean over the folder and divided by its spread. The spread
    is the folder's, shrunk to that of a reference by a few pretended images of it, so that it means something in a
    folder of three.

    Args:
        chosen: the numbers.
        reference: statistics of images of many kinds.
        learnt_from: see `PopulationPrior`.
    """

    chosen: FolderNumbers
    reference: FolderStatistics
    learnt_from: str
    kind = "folder"

    def process(self, folder: FolderStatistics) -> Process:
        """Return the process in a folder; see `PopulationPrior.process`."""
        own = self.chosen
        few = FolderStatistics(own.pretended, self.reference.mean, self.reference.variance)
        spread = (folder + few).variance.sqrt()
        mean = (folder.mean if folder.count else self.reference.mean).float()
        scale = torch.where(spread > SMALLEST, 1 / spread.clamp(min=SMALLEST), 0.0).float()
        weight = (own.feature_variance / (len(mean) - 1)) ** 0.5

        def describe(seen: PhotoFeatures) -> Described:
            features = (seen.values.float() - mean[:-1]) * (scale[:-1] * weight)
            generic = (seen.score.float() - mean[-1]) * scale[-1]
            level = torch.full_like(generic, own.level_variance**0.5)
            linear = torch.cat([features, own.slope_variance**0.5 * generic[:, None], level[:, None]], dim=1)
            return Described(own.slope * generic, linear, linear[:, :0], linear[:, :0])

        return Process(describe, own.noise)

    def tensors(self) -> dict[str, Tensor]:
        """Return the reference."""
        return {"reference.mean": self.reference.mean.float(), "reference.variance": self.reference.variance.float()}

    def numbers(self) -> Mapping[str, Any]:
        """Return the chosen numbers."""
        return {**asdict(self.chosen), "reference_images": self.reference.count}

    @classmethod
    def read(cls, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any], learnt_from: str) -> FolderPrior:
        """Make one of what was published.

        Raises:
            KeyError: something is missing.
            TypeError: something is too much.
        """
        told = {str(name): float(value) for name, value in numbers.items()}
        count = told.pop("reference_images")
        mean, variance = (tensors[f"reference.{name}"].double() for name in ("mean", "variance"))
        return cls(FolderNumbers(**told), FolderStatistics(count, mean, variance), learnt_from)
