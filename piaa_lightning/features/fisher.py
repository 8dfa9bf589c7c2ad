"""Fisher vectors: many descriptors of an image as one vector of fixed length."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from piaa_lightning.errors import UserError

Floats = NDArray[np.float32]


class FisherVectors:
    """How descriptors of an image would move a Gaussian mixture that describes the descriptors of all images.

    Source: Perronnin, Sánchez, Mensink, "Improving the Fisher Kernel for Large-Scale Image Classification", ECCV 2010:
    gradients with respect to means and standard deviations, G_mu = 1/(T sqrt(w)) sum gamma (x - mu)/sigma and
    G_sigma = 1/(T sqrt(2w)) sum gamma (((x - mu)/sigma)^2 - 1), then signed square roots and length one. Descriptors
    are reduced by PCA before.

    Args:
        gaussians: of the mixture, with diagonal covariances.
        components: that PCA keeps.
        seed: of the mixture's start.
        steps: of expectation maximisation at most.
    """

    def __init__(self, gaussians: int = 64, components: int = 32, seed: int = 0, steps: int = 30) -> None:
        self.gaussians = gaussians
        self.components = components
        self.seed = seed
        self.steps = steps

    @property
    def length(self) -> int:
        """Of a Fisher vector."""
        return 2 * self.gaussians * self.components

    def fit(self, descriptors: Floats) -> FisherVectors:
        """Find the axes and the mixture.

        Args:
            descriptors: ``(descriptors, values)`` of many images; tens of thousands are enough.

        Raises:
            UserError: fewer descriptors than Gaussians or components.
        """
        least = max(self.gaussians, self.components)
        if len(descriptors) < least or descriptors.shape[1] < self.components:
            raise UserError(
                f"gaussians={self.gaussians}, components={self.components}: {len(descriptors)} descriptors of"
                f" {descriptors.shape[1]} values are too few; lower both."
            )
        reduce = PCA(self.components, svd_solver="covariance_eigh").fit(descriptors)
        self.mean = reduce.mean_.astype(np.float32)
        self.axes = np.ascontiguousarray(reduce.components_.T.astype(np.float32))
        mixture = GaussianMixture(
            self.gaussians,
            covariance_type="diag",
            max_iter=self.steps,
            reg_covar=1e-5,
            random_state=self.seed,
        )
        with warnings.catch_warnings():  # a mixture that still moves a little describes the descriptors as well
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit((descriptors - self.mean) @ self.axes)
        self.weights = mixture.weights_.astype(np.float32)
        self.means = mixture.means_.astype(np.float32)
        self.deviations = np.sqrt(mixture.covariances_).astype(np.float32)
        self._prepare()
        return self

    def _prepare(self) -> None:
        """Write the logarithm of each Gaussian's density as a linear function of x and x^2."""
        precision = 1 / self.deviations**2
        self._linear = np.ascontiguousarray(np.concatenate([self.means * precision, -0.5 * precision], axis=1).T)
        self._constant = (
            np.log(np.maximum(self.weights, 1e-12))
            - np.log(self.deviations).sum(axis=1)
            - 0.5 * (self.means**2 * precision).sum(axis=1)
        )

    def encode(self, descriptors: Floats) -> Floats:
        """Return the Fisher vector of one image.

        Args:
            descriptors: ``(descriptors, values)`` of the image.

        Returns:
            ``(length,)`` of length one: for each Gaussian its means' gradients, then likewise the deviations'; zeros
            without descriptors.
        """
        if not len(descriptors):
            return np.zeros(self.length, dtype=np.float32)
        reduced = (descriptors - self.mean) @ self.axes
        both = np.concatenate([reduced, reduced * reduced], axis=1)
        belongs = both @ self._linear
        belongs += self._constant
        belongs -= belongs.max(axis=1, keepdims=True)
        np.exp(belongs, out=belongs)
        belongs /= belongs.sum(axis=1, keepdims=True)
        counts = belongs.sum(axis=0)[:, None]
        first, second = np.split(belongs.T @ both, 2, axis=1)
        root = np.sqrt(np.maximum(self.weights, 1e-12))[:, None] * np.float32(len(reduced))
        of_means = (first - counts * self.means) / (self.deviations * root)
        squares = (second - 2 * self.means * first + counts * self.means**2) / self.deviations**2
        of_deviations = (squares - counts) / (root * np.float32(np.sqrt(2)))
        found = np.concatenate([of_means.ravel(), of_deviations.ravel()])
        found = np.sign(found) * np.sqrt(np.abs(found))
        length = float(np.sqrt((found**2).sum()))
        return np.asarray(found / length if length > 0 else found, dtype=np.float32)
