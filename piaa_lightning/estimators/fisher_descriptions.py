"""Images as Fisher vectors of their descriptors: dense SIFT, colour, or both one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices
from piaa_lightning.estimators.estimator import ImageContext
from piaa_lightning.estimators.image_features import of_images
from piaa_lightning.features import FisherVectors, colour_statistics, dense_sift
from piaa_lightning.features.planes import LONG_SIDE, AnyImage, Planes

Floats = NDArray[np.float32]
DESCRIPTORS: dict[str, Callable[[AnyImage], Floats]] = {"sift": dense_sift, "colour": colour_statistics}


class FisherDescriptions:
    """A mixture for each kind of descriptor, and the Fisher vectors that it makes of images.

    Args:
        kinds: of `DESCRIPTORS`.
        gaussians: of each mixture.
        components: that PCA keeps of descriptors.
        vocabulary: images that mixtures are fitted to.
        per_image: descriptors that each of them gives at most.
        long_side: pixels that images are shrunk to.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        gaussians: int,
        components: int,
        vocabulary: int,
        per_image: int,
        long_side: int = LONG_SIDE,
    ) -> None:
        self.kinds = tuple(kinds)
        self.gaussians, self.components = gaussians, components
        self.vocabulary, self.per_image = vocabulary, per_image
        self.long_side = long_side
        self.fisher: dict[str, FisherVectors] = {}

    def fit(self, context: ImageContext, images: Indices, random: np.random.Generator) -> None:
        """Fit the mixtures to some of the images.

        Args:
            context: where images are read; its seed starts the mixtures.
            images: numbers of the images that may be looked at.
            random: draws which images, and which descriptors of them.

        Raises:
            UserError: images that cannot be read, or too few descriptors.
        """
        self.fisher = {}
        chosen = np.sort(random.permutation(images)[: self.vocabulary])
        for kind in self.kinds:
            found = of_images(context, chosen, DESCRIPTORS[kind], f"vocabulary of {kind}", self.long_side)
            some = [own[random.permutation(len(own))[: self.per_image]] for own in found]
            mixture = FisherVectors(self.gaussians, self.components, context.seed)
            self.fisher[kind] = mixture.fit(np.concatenate(some))

    def of(self, context: ImageContext, images: Indices) -> Floats:
        """Return the Fisher vectors of images, ``(images, kinds * 2 * gaussians * components)``.

        Raises:
            UserError: an image cannot be read.
        """
        return np.stack(of_images(context, images, self._encode, "Fisher vectors", self.long_side))

    def _encode(self, planes: Planes) -> Floats:
        return np.concatenate([fisher.encode(DESCRIPTORS[kind](planes)) for kind, fisher in self.fisher.items()])
