"""Boosted trees on handcrafted features and those of a network."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.estimators.estimator import Estimator, ImageContext, Prediction
from piaa_lightning.estimators.image_features import simple_of
from piaa_lightning.metrics.accuracy import is_good
from piaa_lightning.models.network import ScoreNetwork

log = logging.getLogger(__name__)

KINDS = ("expert", "deep")
BATCH = 64


class BoostedTrees(Estimator):
    """Is an image good or bad, by gradient-boosted trees on handcrafted and deep features.

    Source: Kucer, Loui and Messinger, "Leveraging expert feature knowledge for predicting image aesthetics", IEEE TIP
    2018. NOTE: their expert features are hundreds from several papers; here they are ``features.SIMPLE``, those that
    the talk shows. Deep features are the embedding of the network that the method starts from. How many trees there
    are is chosen on validation images by cross entropy.

    Args:
        kinds: what trees are given: expert, deep, or both.
        trees: the greatest number.
        rate: of learning, per tree.
        leaves: of a tree.
        components: principal components of the deep features that are kept; None keeps the features.

    Raises:
        UserError: an unknown kind, or none.
    """

    def __init__(
        self,
        kinds: Sequence[str] = KINDS,
        trees: int = 300,
        rate: float = 0.05,
        leaves: int = 15,
        components: int | None = None,
    ) -> None:
        if not kinds or set(kinds) - set(KINDS):
            raise UserError(f"estimator.kinds={list(kinds)}: choose one or both of {', '.join(KINDS)}.")
        self.kinds, self.trees, self.rate, self.leaves = tuple(kinds), trees, rate, leaves
        self.components = components
        self.used = trees

    def fit(self, context: ImageContext) -> None:
        """Grow the trees on training images and choose their number on validation images.

        Raises:
            UserError: training images that are all good or all bad, or deep features without a network.
        """
        self.context = context
        images, good = context.classed("train")
        self.axes: PCA | None = None
        machine = HistGradientBoostingClassifier(
            learning_rate=self.rate,
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            early_stopping=False,
            random_state=context.seed,
        )
        self.machine = machine.fit(self._features(images, first=True), good)
        seen, known = context.scored("val")
        losses = [
            log_loss(is_good(known, context.threshold), share, labels=[False, True])
            for share in self.machine.staged_predict_proba(self._features(seen))
        ]
        self.used = int(np.argmin(losses)) + 1
        log.info("boosted trees: %d of %d, cross entropy %.3f on validation", self.used, self.trees, min(losses))

    def predict(self, images: Indices) -> Prediction:
        """Return probabilities of being good."""
        staged = self.machine.staged_predict_proba(self._features(images))
        share = next(share for number, share in enumerate(staged, 1) if number == self.used)
        return Prediction(np.asarray(share[:, 1], dtype=np.float64), threshold=0.5)

    def _features(self, images: Indices, first: bool = False) -> NDArray[np.float64]:
        """Describe images, ``(images, values)``; the first ones say which principal components count."""
        parts = [simple_of(self.context, images)] if "expert" in self.kinds else []
        if "deep" in self.kinds:
            deep = deep_features(self.context, images)
            if self.components is not None and first:
                self.axes = PCA(min(self.components, *deep.shape), random_state=self.context.seed).fit(deep)
            parts.append(deep if self.axes is None else self.axes.transform(deep))
        return np.concatenate(parts, axis=1)


def deep_features(context: ImageContext, images: Indices) -> NDArray[np.float64]:
    """Return what a network's head sees of images, ``(images, features)``.

    Args:
        context: of the estimator, with the network.
        images: numbers of the images in the table.

    Raises:
        UserError: there is no network that scores images.
    """
    network = context.model
    if not isinstance(network, ScoreNetwork):
        raise UserError("estimator: deep features need a network that scores images; give the method a prior.")
    network = network.to(context.device).eval()
    with torch.no_grad():
        parts = [
            network.embed(context.inputs.batch(images[start : start + BATCH]).to(context.device)).double().cpu()
            for start in range(0, len(images), BATCH)
        ]
    return np.asarray(torch.cat(parts).numpy())
