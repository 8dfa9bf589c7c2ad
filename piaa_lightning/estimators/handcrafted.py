"""Classical aesthetics: Fisher vectors of descriptors, or simple features, and a linear support vector machine."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, ImageContext, Prediction
from piaa_lightning.estimators.fisher_descriptions import DESCRIPTORS, FisherDescriptions
from piaa_lightning.estimators.image_features import simple_of
from piaa_lightning.metrics.balanced_accuracy import balanced_accuracy

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]
SIMPLE_KIND = "simple"


class Handcrafted(Estimator):
    """AVA's own baseline: is an image good or bad, by a linear SVM on Fisher vectors of SIFT and of colour.

    Source: Murray, Marchesotti, Perronnin, "AVA: A Large-Scale Database for Aesthetic Visual Analysis", CVPR 2012,
    after Marchesotti et al., ICCV 2011: Fisher vectors of SIFT and of colour descriptors, one after the other, and a
    linear SVM on images whose mean vote is above the threshold or not.
    NOTE: they have 256 Gaussians and a spatial pyramid, and train by stochastic gradient descent; 64 Gaussians on 32
    principal components, no pyramid and liblinear's solver are chosen here so that six thousand images take minutes.
    Decision values order images, so that a rank correlation is given, which the paper does not.

    Args:
        kinds: what is looked at: ``sift``, ``colour`` (as Fisher vectors) and ``simple`` (features.SIMPLE, brought to
            mean 0 and spread 1 on training images).
        gaussians: of each mixture.
        components: that PCA keeps of descriptors.
        vocabulary: training images that mixtures are fitted to.
        per_image: descriptors that each of them gives at most.
        strengths: candidates for the SVM's C; validation images choose by balanced accuracy.
        balanced: whether good and bad images weigh the same in training, although seven in ten are good.
        at_most: training images that are learnt from; AVA's authors have lists of 20,000.
        long_side: pixels that images are shrunk to.
    """

    def __init__(
        self,
        kinds: Sequence[str] = ("sift", "colour"),
        gaussians: int = 64,
        components: int = 32,
        vocabulary: int = 300,
        per_image: int = 200,
        strengths: Sequence[float] = (0.1, 1.0, 10.0),
        balanced: bool = False,
        at_most: int = 20_000,
        long_side: int = 256,
    ) -> None:
        known = (*DESCRIPTORS, SIMPLE_KIND)
        if not kinds or not set(kinds) <= set(known):
            raise UserError(f"estimator.kinds={list(kinds)}: choose some of {', '.join(known)}.")
        self.kinds = tuple(kinds)
        described = [kind for kind in self.kinds if kind != SIMPLE_KIND]
        self.fisher = FisherDescriptions(described, gaussians, components, vocabulary, per_image, long_side)
        self.strengths = tuple(strengths)
        self.balanced = balanced
        self.at_most = at_most
        self.chosen = self.strengths[0]

    def fit(self, context: ImageContext) -> None:
        """Fit mixtures, scale and machine to training images, and choose C on validation images.

        Raises:
            UserError: images that cannot be read, all good or all bad, or too few for the mixtures.
        """
        self.context = context
        self.random = np.random.default_rng(context.seed)
        images, good = context.classed("train")
        if len(images) > self.at_most:
            kept = np.sort(self.random.permutation(len(images))[: self.at_most])
            images, good = images[kept], good[kept]
        self.fisher.fit(context, images, self.random)
        values = self._features(images)
        self.scale = StandardScaler(with_std=SIMPLE_KIND in self.kinds)
        self.machine = self._choose(self.scale.fit_transform(values), good)

    def predict(self, images: Indices) -> Prediction:
        """Return decision values, above 0 where an image is called good."""
        values = self.scale.transform(self._features(images))
        return Prediction(np.asarray(self.machine.decision_function(values), dtype=np.float64), threshold=0.0)

    def _choose(self, values: Floats, good: NDArray[np.bool_]) -> LinearSVC:
        """Return the machine whose C is best on validation images; the first of several that are equal."""
        machines = [self._machine(strength).fit(values, good) for strength in self.strengths]
        if len(machines) == 1:
            return machines[0]
        images, scores = self.context.scored("val")
        seen = self.scale.transform(self._features(images))
        found = [
            np.nan_to_num(balanced_accuracy(machine.decision_function(seen), scores, self.context.threshold, 0.0))
            for machine in machines
        ]
        best = int(np.argmax(found))
        self.chosen = self.strengths[best]
        log.info("%s: C = %g, balanced accuracy %.3f on validation images", self.kinds, self.chosen, found[best])
        return machines[best]

    def _machine(self, strength: float) -> LinearSVC:
        weight = "balanced" if self.balanced else None
        return LinearSVC(C=strength, class_weight=weight, dual="auto", max_iter=20_000, random_state=self.context.seed)

    def _features(self, images: Indices) -> Floats:
        """Measure images, ``(images, values)``."""
        parts = []
        if self.fisher.kinds:
            parts.append(self.fisher.of(self.context, images))
        if SIMPLE_KIND in self.kinds:
            parts.append(simple_of(self.context, images).astype(np.float32))
        return np.concatenate(parts, axis=1)
