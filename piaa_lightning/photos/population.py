"""What people's tastes have in common, in a form that can be published: mean, covariance and a kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from piaa_lightning.personalizers.features import PictureFeatures
from piaa_lightning.personalizers.gaussian_process import START, near
from piaa_lightning.personalizers.hierarchical_process import HierarchicalProcess

TENSORS = ("centre", "axes", "unit", "level", "mean", "covariance", "noise", "rbf", "length")


@dataclass(frozen=True)
class People:
    """A person's score of a picture is a draw of a Gaussian process; see `HierarchicalProcess`.

    A *row* describes a picture by everything that a taste may depend on: the generic score less its level, and
    components of the features. All tensors are float64.

    Args:
        centre: ``(features,)`` of training pictures.
        axes: ``(components, features)``.
        unit: of the components.
        level: mean generic score of training pictures.
        mean: ``(2 + components,)`` expected weights of 1 and of a row.
        covariance: ``(2 + components, 2 + components)`` of people's weights about it.
        noise: variance of one rating.
        rbf: standard deviation of what people like in pictures near each other.
        length: how near that is, in typical distances.
        widths: factor of the covariance by number of ratings, chosen on validation people.
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
    widths: Mapping[int, float]
    learnt_from: str

    def tensors(self) -> dict[str, Tensor]:
        """Return everything but the widths and the origin, by name."""
        return {name: getattr(self, name) for name in TENSORS}

    def rows(self, generic: Tensor, features: Tensor) -> Tensor:
        """Describe pictures.

        Args:
            generic: ``(pictures,)`` generic scores in [0, 1].
            features: ``(pictures, features)`` what the generic head is fed.

        Returns:
            ``(pictures, 1 + components)`` float64; differentiable.
        """
        components = (features.double() - self.centre) @ self.axes.T / self.unit
        return torch.cat([(generic.double() - self.level)[:, None], components], dim=1)

    def expected(self, rows: Tensor) -> Tensor:
        """Return what anybody is expected to say of pictures, ``(pictures,)``."""
        return _with_one(rows) @ self.mean

    def together(self, rows: Tensor, others: Tensor, width: float = 1.0) -> Tensor:
        """Return the covariance over people of their scores of pictures, ``(len(rows), len(others))``."""
        linear = _with_one(rows) @ self.covariance @ _with_one(others).T
        return width * (linear + near(rows[:, 1:], others[:, 1:], {"rbf": self.rbf, "length": self.length}))

    def width(self, ratings: int) -> float:
        """Return the factor for a number of ratings: that of the nearest number it was chosen at."""
        if not self.widths:
            return 1.0
        nearest = min(self.widths, key=lambda shots: abs(math.log(shots / max(ratings, 1))))
        return self.widths[nearest]


def _with_one(rows: Tensor) -> Tensor:
    return torch.cat([torch.ones_like(rows[:, :1]), rows], dim=1)


def learnt(method: HierarchicalProcess, widths: Mapping[int, float], learnt_from: str) -> People:
    """Take over what a prepared personaliser learnt from training people."""
    near_kernel, prior = method.near.learnt, method.linear.prior
    return People(
        **_projection(method.features),
        mean=_tensor(prior.effects[0]),
        covariance=_tensor(prior.covariance),
        noise=_tensor(method.noise),
        rbf=_tensor(near_kernel["rbf"]),
        length=_tensor(near_kernel["length"]),
        widths=dict(widths),
        learnt_from=learnt_from,
    )


def assumed(features: PictureFeatures) -> People:
    """Return what is taken for granted where no person's own ratings are known, only averages.

    NOTE: the values are those from which the search for a kernel starts (`gaussian_process.START`); nobody's ratings
    are behind them.
    """
    components = features.values.shape[1]
    spread = [START["offset"], START["slope"], *[START["linear"] / math.sqrt(components)] * components]
    mean = torch.zeros(2 + components, dtype=torch.float64)
    mean[0], mean[1] = features.level, 1.0
    return People(
        **_projection(features),
        mean=mean,
        covariance=torch.diag(_tensor(spread) ** 2),
        noise=_tensor(START["noise"] ** 2),
        rbf=_tensor(START["rbf"]),
        length=_tensor(START["length"]),
        widths={},
        learnt_from="nobody: the database knows averages only, so the covariance is an assumption",
    )


def _projection(features: PictureFeatures) -> dict[str, Tensor]:
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
