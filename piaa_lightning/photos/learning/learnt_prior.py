"""A population prior learnt from people's ratings of images: the crowd's taste, and how people differ from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.population import PopulationPrior
from piaa_lightning.photos.learning.process import Described, Process

LEADING = 2  # weights of 1 and of what the crowd says, before those of components


@dataclass(frozen=True)
class Components:
    """From features to principal components, fitted to training images and the same for every folder.

    Args:
        centre: ``(features,)`` of training images.
        axes: ``(components, features)``; each network's features are standardised and weigh as much as another's,
            whatever their number.
    """

    centre: Tensor
    axes: Tensor

    def of(self, values: Tensor) -> Tensor:
        """Return ``(images, components)`` float32; gradients pass."""
        return (values.float() - self.centre) @ self.axes.T


@dataclass(frozen=True)
class LearntNumbers:
    """The plain numbers of a `LearntPrior`.

    Args:
        crowd_spread: standard deviation of what the crowd says of training images that it was not shown.
        curved: weight of k in what a person likes beyond the crowd and the components.
        crowd_doubt: weight of what training images leave open of k, as far as people share it.
        level_variance: of how high people rate at all.
        noise: variance of one rating.
    """

    crowd_spread: float
    curved: float
    crowd_doubt: float
    level_variance: float
    noise: float


@dataclass(frozen=True)
class LearntPrior(PopulationPrior):
    """f = m + z.w + GP(0, curved k) + GP(0, crowd_doubt k|training images) + level, in the unit of `RatingUnit`.

    k(x, x') = c + c^2 with the cosine c of components; m, what the crowd says, is the posterior mean of GP(0, k) on the
    mean ratings of training images; z = (1, m, components) and w ~ N(0, C), C learnt from people by EM, see `learn`.

    Args:
        components: how features become components.
        images: ``(training images, components)``.
        said: ``(training images,)`` what the crowd says of them, less its mean.
        ridge: ``(training images,)`` variance of that.
        covariance: ``(2 + own components, 2 + own components)`` C.
        chosen: all else.
        learnt_from: see `PopulationPrior`.
    """

    components: Components
    images: Tensor
    said: Tensor
    ridge: Tensor
    covariance: Tensor
    chosen: LearntNumbers
    learnt_from: str
    kind = "learnt"

    @cached_property
    def _crowd(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return directions of training images, the weights of m and the matrix that makes v of `Described`."""
        with torch.inference_mode(False), torch.no_grad():  # so that gradients can pass another time
            directions = torch.nn.functional.normalize(self.images.double(), dim=1)
            noisy = likeness(directions @ directions.T) + torch.diag(self.ridge.double())
            half = torch.linalg.cholesky(noisy)
            pull = torch.cholesky_solve(self.said.double()[:, None], half)[:, 0]
            inverse = torch.linalg.solve_triangular(half, torch.eye(len(half), dtype=torch.float64), upper=False)
            return directions.float(), pull.float(), inverse.T.float()

    @cached_property
    def _half(self) -> Tensor:
        """Return a square root of C, which may be singular."""
        with torch.inference_mode(False), torch.no_grad():
            values, axes = torch.linalg.eigh(self.covariance.double())
            half: Tensor = (axes * values.clamp(min=0).sqrt()).float()
            return half

    def crowd(self, values: Tensor) -> Tensor:
        """Return what the crowd says of images with these features, ``(images,)``; gradients pass."""
        return self._described(values)[0]

    def _described(self, values: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        known, pull, _ = self._crowd
        rows = self.components.of(values)
        directions = torch.nn.functional.normalize(rows, dim=1)
        across = likeness(directions @ known.T)
        return across @ pull, rows, directions, across

    def process(self, folder: FolderStatistics) -> Process:
        """Return the process, which is the same in every folder."""
        own, half, inverse = self.chosen, self._half, self._crowd[2]
        count = len(half) - LEADING

        def describe(seen: PhotoFeatures) -> Described:
            crowd, rows, directions, across = self._described(seen.values)
            leading = torch.stack([torch.ones_like(crowd), crowd / own.crowd_spread], dim=1)
            level = torch.full_like(crowd, own.level_variance**0.5)[:, None]
            linear = torch.cat([torch.cat([leading, rows[:, :count]], dim=1) @ half, level], dim=1)
            return Described(crowd, linear, own.crowd_doubt**0.5 * (across @ inverse), directions)

        return Process(describe, own.noise, own.curved + own.crowd_doubt)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything that is an array."""
        return {
            "components.centre": self.components.centre,
            "components.axes": self.components.axes,
            "images": self.images,
            "said": self.said,
            "ridge": self.ridge,
            "covariance": self.covariance,
        }

    def numbers(self) -> Mapping[str, Any]:
        """Return the plain numbers."""
        return dict(vars(self.chosen))

    @classmethod
    def read(cls, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any], learnt_from: str) -> LearntPrior:
        """Make one of what was published.

        Raises:
            KeyError: something is missing.
            TypeError: something is too much.
            ValueError: shapes that do not fit.
        """
        found = {name: tensor.float() for name, tensor in tensors.items()}
        components = Components(found.pop("components.centre"), found.pop("components.axes"))
        images, covariance = found["images"], found["covariance"]
        fits = [
            components.axes.shape == (images.shape[1], len(components.centre)),
            found["said"].shape == found["ridge"].shape == images.shape[:1],
            covariance.shape[0] == covariance.shape[1] <= images.shape[1] + LEADING,
        ]
        if not all(fits):
            raise ValueError("shapes of people.* do not belong together")
        told = LearntNumbers(**{str(name): float(value) for name, value in numbers.items()})
        return cls(components=components, chosen=told, learnt_from=learnt_from, **found)


def likeness(cosines: Tensor) -> Tensor:
    """Return k of cosines, c + c^2."""
    return cosines + cosines.square()


def fit_components(values: Tensor, blocks: Sequence[int], most: int) -> tuple[Components, Tensor]:
    """Find the principal components of training images.

    Args:
        values: ``(images, features)`` of all networks.
        blocks: how many features each network has.
        most: how many components are kept at most.

    Returns:
        How features become components, and ``(images, components)``.
    """
    rows = values.double()
    mean = rows.mean(dim=0)
    width = torch.cat([torch.full((count,), float(count), dtype=torch.float64) for count in blocks])
    scale = 1 / ((rows.std(dim=0, correction=0) + 1e-9) * width.sqrt())
    scaled = (rows - mean) * scale
    axes = torch.linalg.svd(scaled, full_matrices=False).Vh[: min(most, len(rows) - 1)]
    return Components(mean.float(), (axes * scale).float()), (scaled @ axes.T).float()
