"""Guntuku et al.: from liked images to what a questionnaire would be answered, and from answers to traits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.cross_decomposition import PLSRegression
from sklearn.exceptions import ConvergenceWarning

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import ArgumentError
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.fisher_descriptions import DESCRIPTORS, FisherDescriptions
from piaa_lightning.estimators.gallery_regression import GalleryRegression
from piaa_lightning.estimators.image_features import computational_of
from piaa_lightning.estimators.trait_estimator import Floats

KINDS = ("computational", *DESCRIPTORS)


class LatentAnswers(GalleryRegression):
    """Big Five of users from content and aesthetics of their favourites, by way of a few answers.

    Source: Guntuku, Zhou, Roy, Lin, Tsang, "'Who likes what and, why?' Insights into modeling users' personality based
    on image 'likes'", IEEE TAC 2018: features of favourites, then the answers to the ten questions of a short
    questionnaire (BFI-10), then traits.
    NOTE: PsychoFlickr as it is published holds traits and no answers, so answers are latent here: those combinations of
    features that vary most with all traits together (partial least squares). Their semantic features come from
    detectors that were trained on other images; Fisher vectors of SIFT and colour describe content in their place. That
    the talk's row is of this method, the kinds and the numbers of answers are hypotheses.

    Args:
        kinds: how an image is described: ``computational`` (``features.COMPUTATIONAL``), ``sift``, ``colour`` (as
            Fisher vectors); all kinds weigh the same, however many values they have.
        answers: candidates for the number of latent answers.
        gaussians: of each mixture of descriptors.
        components: that PCA keeps of descriptors.
        vocabulary: training images that mixtures are fitted to.
        per_image: descriptors that each of them gives at most.

    Raises:
        ArgumentError: an unknown kind or none, or no number of answers from 1.
    """

    def __init__(
        self,
        kinds: Sequence[str] = KINDS,
        answers: Sequence[int] = (1, 2, 3, 5, 7, 10),
        gaussians: int = 16,
        components: int = 16,
        vocabulary: int = 300,
        per_image: int = 200,
    ) -> None:
        if not kinds or set(kinds) - set(KINDS):
            raise ArgumentError("kinds", f"choose some of {', '.join(KINDS)}.", list(kinds))
        if not answers or min(answers) < 1:
            raise ArgumentError("answers", "give one or more whole numbers from 1.", list(answers))
        self.kinds, self.answers = tuple(kinds), tuple(answers)
        described = [kind for kind in self.kinds if kind in DESCRIPTORS]
        self.fisher = FisherDescriptions(described, gaussians, components, vocabulary, per_image)

    def learn_descriptions(self, context: ImageContext, images: Indices) -> None:
        """Fit the mixtures of descriptors."""
        self.fisher.fit(context, images, np.random.default_rng(context.seed))

    def describe(self, images: Indices) -> NDArray[np.floating]:
        """Return what is measured, kind after kind."""
        parts: list[NDArray[np.floating]] = []
        if "computational" in self.kinds:
            parts.append(computational_of(self.context, images))
        if self.fisher.kinds:
            parts += np.split(self.fisher.of(self.context, images), len(self.fisher.kinds), axis=1)
        self.widths = [part.shape[1] for part in parts]
        return np.hstack(parts)

    def candidates(self, users: int, values: int) -> Sequence[float]:
        """Return as many answers as users and values can tell apart."""
        most = max(1, min(users - 1, values))
        return sorted({min(number, most) for number in self.answers})

    def regress(self, setting: float, galleries: Floats, traits: Floats) -> Floats:
        """Find the answers, and traits from them."""
        weight = np.repeat([width**-0.5 for width in self.widths], self.widths)
        with warnings.catch_warnings():  # where fewer answers already tell all that can be told
            warnings.filterwarnings("ignore", message="[yY] residual")
            warnings.simplefilter("ignore", ConvergenceWarning)
            found = PLSRegression(int(setting), scale=False).fit(galleries * weight, traits)
        return np.asarray(found.coef_.T * weight[:, None], dtype=np.float64)
