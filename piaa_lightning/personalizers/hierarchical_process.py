"""Hierarchical regression and what a line cannot say: learnt covariance of weights, plus a kernel of near images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from piaa_lightning.data.ratings import Indices
from piaa_lightning.personalizers.features import Floats, ImageFeatures, image_features
from piaa_lightning.personalizers.gaussian import GaussianPersonalizer
from piaa_lightning.personalizers.gaussian_process import GaussianProcess
from piaa_lightning.personalizers.hierarchical import Hierarchical
from piaa_lightning.personalizers.personalizer import FitContext


class HierarchicalProcess(GaussianPersonalizer):
    """A draw of a Gaussian process whose kernel is z'Cz + rbf^2 exp(-|x - x'|^2 / (2 d length^2)).

    NOTE: the two parts are learnt apart, C by EM as in `Hierarchical`, height and length of the second and the noise by
    the likelihood of `GaussianProcess`, whose linear kernel stands for C there.

    Args:
        model: see `GaussianPersonalizer`.
        linear: the hierarchical part, and the mean; None makes one.
        near: the other; gives the noise too; None makes one.
        prior_variances: candidate factors of the covariance, see `GaussianPersonalizer`.
    """

    def __init__(
        self,
        model: object = None,
        linear: Hierarchical | None = None,
        near: GaussianProcess | None = None,
        prior_variances: Sequence[float] = (1.0,),
    ) -> None:
        super().__init__(model, prior_variances)
        self.linear = linear or Hierarchical()
        self.near = near or GaussianProcess()

    def prepare(self, context: FitContext) -> None:
        """Learn both parts.

        Raises:
            LeftOutError: fewer than two training users have ratings.
        """
        self.features = image_features(context, self.linear.components)
        self.linear.prepare(context)
        self.near.prepare(context)
        self.noise = self.near.noise

    def seeing(self, features: ImageFeatures) -> Self:
        """Return the same prepared method, looking at other images with both parts."""
        other = super().seeing(features)
        other.linear, other.near = self.linear.seeing(features), self.near.seeing(features)
        return other

    def mean(self, user: int, images: Indices) -> Floats:
        """Return the hierarchical mean."""
        return self.linear.mean(user, images)

    def covariance(self, images: Indices, others: Indices) -> Floats:
        """Return the sum of both parts."""
        return self.linear.covariance(images, others) + self.near.nearness(images, others)
