"""What users' tastes have in common, in a form that can be published: mean, covariance and a kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from piaa_lightning.personalizers.features import ImageFeatures
from piaa_lightning.personalizers.gaussian_process import START, near
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess

TENSORS = ("centre", "axes", "unit", "level", "mean", "covariance", "noise", "rbf", "length")


@dataclass(frozen=True)
class PopulationPrior:
    """A user's score of an image is a draw of a Gaussian process; see `HierarchicalProcess`.

    A *row* describes an image by everything that a taste may depend on: the generic score less its level, and
    components of the features. All tensors are float64.

    Args:
        centre: ``(features,)`` of training images.
        axes: ``(components, features)``.
        unit: of the components.
        level: mean generic score of training images.
        mean: ``(2 + components,)`` expected weights of 1 and of a row.
        covariance: ``(2 + components, 2 + components)`` of users' weights about it.
        noise: variance of one rating.
        rbf: standard deviation of what users like in images near each other.
        length: how near that is, in typical distances.
        prior_variances: factor of the covariance by number of ratings, chosen on validation users.
        learnt_from: where this comes from, for the model card.
    """

    centre: Tensor
    axes: Tensor
    unit: Tensor
    level: Tensor
    mean: Tensor
    covariance: Tensor
    noise: Tensor
    rbf: Tensor
    length: Tensor
    prior_variances: Mapping[int, float]
    learnt_from: str

    def tensors(self) -> dict[str, Tensor]:
        """Return everything but the prior_variances and the origin, by name."""
        return {name: getattr(self, name) for name in TENSORS}

    def rows(self, generic: Tensor, features: Tensor) -> Tensor:
        """Describe images.

        Args:
            generic: ``(images,)`` generic scores in [0, 1].
            features: ``(images, features)`` what the generic head is fed.

        Returns:
            ``(images, 1 + components)`` float64; differentiable.
        """
        components = (features.double() - self.centre) @ self.axes.T / self.unit
        return torch.cat([(generic.double() - self.level)[:, None], components], dim=1)

    def expected(self, rows: Tensor) -> Tensor:
        """Return what anybody is expected to say of images, ``(images,)``."""
        return _with_one(rows) @ self.mean

    def covariance_between(self, rows: Tensor, others: Tensor, width: float = 1.0) -> Tensor:
        """Return the covariance over users of their scores of images, ``(len(rows), len(others))``."""
        linear = _with_one(rows) @ self.covariance @ _with_one(others).T
        return width * (linear + near(rows[:, 1:], others[:, 1:], {"rbf": self.rbf, "length": self.length}))

    def prior_variance(self, ratings: int) -> float:
        """Return the factor for a number of ratings: that of the nearest number it was chosen at."""
        if not self.prior_variances:
            return 1.0
        nearest = min(self.prior_variances, key=lambda shots: abs(math.log(shots / max(ratings, 1))))
        return self.prior_variances[nearest]


def _with_one(rows: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(rows[:, :1]), rows], dim=1)


def learnt(method: HierarchicalProcess, prior_variances: Mapping[int, float], learnt_from: str) -> PopulationPrior:
    """Take over what a prepared personaliser learnt from training users."""
    near_kernel, prior = method.near.learnt, method.linear.prior
    return PopulationPrior(
        **_projection(method.features),
        mean=_tensor(prior.effects[0]),
        covariance=_tensor(prior.covariance),
        noise=_tensor(method.noise),
        rbf=_tensor(near_kernel["rbf"]),
        length=_tensor(near_kernel["length"]),
        prior_variances=dict(prior_variances),
        learnt_from=learnt_from,
    )


def assumed(features: ImageFeatures) -> PopulationPrior:
    """Return what is taken for granted where no user's own ratings are known, only averages.

    NOTE: the values are those from which the search for a kernel starts (`gaussian_process.START`); nobody's ratings
    are behind them.
    """
    components = features.values.shape[1]
    spread = [START["offset"], START["slope"], *[START["linear"] / math.sqrt(components)] * components]
    mean = torch.zeros(2 + components, dtype=torch.float64)
    mean[0], mean[1] = features.level, 1.0
    return PopulationPrior(
        **_projection(features),
        mean=mean,
        covariance=torch.diag(_tensor(spread) ** 2),
        noise=_tensor(START["noise"] ** 2),
        rbf=_tensor(START["rbf"]),
        length=_tensor(START["length"]),
        prior_variances={},
        learnt_from="nobody: the database knows averages only, so the covariance is an assumption",
    )


def _projection(features: ImageFeatures) -> dict[str, Tensor]:
    found = features.projection
    axes = torch.eye(len(found.centre)) if found.axes is None else torch.from_numpy(found.axes.copy())
    return {
        "centre": _tensor(found.centre),
        "axes": axes.double(),
        "unit": _tensor(found.unit),
        "level": _tensor(features.level),
    }


def _tensor(value: object) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64).clone()
