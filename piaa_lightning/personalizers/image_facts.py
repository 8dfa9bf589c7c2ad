"""Semantic features, contents and attributes of images, computed before any user and shared by methods."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import nn

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import ArgumentError
from piaa_lightning.personalizers.features import image_features
from piaa_lightning.personalizers.network_scorer import NetworkScorer, batch_on
from piaa_lightning.personalizers.personalizer import FitContext, LeftOutError

Floats = NDArray[np.float64]

KINDS = ("attributes", "content")


@dataclass(frozen=True)
class ImageFacts:
    """How images are described to methods that do not see them (PAM, FPMF, USAR).

    Everything comes from images and trained networks, and every scale from training images; no rating is read.
    NOTE: PAM takes contents from the features of an ImageNet classifier. Here they come from the network that the
    method starts from, which is that where the backbone is frozen, and one trained on aesthetics where it is not.

    Args:
        kinds: what :meth:`of` puts side by side: attributes, content, or both.
        clusters: number of contents; 10 in PAM.
        sharpness: of the softmax over contents: how much a squared distance counts, in units of the mean squared
            distance of a training image from its own centre. A hypothesis: PAM trains a classifier instead.
        components: principal components of the semantic features that are kept.
        seed: of k-means.

    Raises:
        UserError: an unknown kind, or none.
    """

    kinds: Sequence[str] = KINDS
    clusters: int = 10
    sharpness: float = 5.0
    components: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        """Stop at kinds that do not exist."""
        if not self.kinds or set(self.kinds) - set(KINDS):
            raise ArgumentError("kinds", f"name one or more of {', '.join(KINDS)}.", list(self.kinds))

    def of(self, context: FitContext) -> Floats:
        """Return the chosen facts of all images, ``(images, facts)`` with mean 0 and deviation 1 over training.

        Raises:
            LeftOutError: see :meth:`attributes` and :meth:`content`.
        """
        found = {"attributes": self.attributes, "content": self.content}
        return standardised(np.hstack([found[kind](context) for kind in KINDS if kind in self.kinds]), context.split)

    def attributes(self, context: FitContext) -> Floats:
        """Return predicted attributes of all images, ``(images, attributes)`` in [-1, 1].

        Raises:
            LeftOutError: no network was trained to predict attributes.
        """
        network = context.auxiliary.get("attributes")
        if network is None:
            raise LeftOutError(
                "it stands on attributes, and no network predicts them here; add +task@tasks.attributes=ten_attributes"
                " +data@databases.attributes=aadb"
            )
        return _once(network, context, "attributes", lambda: _predicted_attributes(context, network))

    def content(self, context: FitContext) -> Floats:
        """Return how likely each content is for all images, ``(images, clusters)``, rows sum to one.

        Raises:
            LeftOutError: there are fewer training images than contents.
        """
        known = len(context.split.train_images)
        if known < self.clusters:
            raise LeftOutError(f"{known} training images cannot be parted into {self.clusters} contents")
        prior, training = NetworkScorer(context).model, context.split.train_images
        settings = self.clusters, self.sharpness, self.seed
        what = ("content", self.components, *settings)
        return _once(prior, context, what, lambda: _posterior(self.semantic(context), training, *settings))

    def semantic(self, context: FitContext) -> Floats:
        """Return the leading principal components of the semantic features of all images, ``(images, components)``.

        The mean square over all components and training images is 1, so that the leading ones stay the largest.
        """
        return image_features(context, self.components).values.astype(np.float64)

    def generic(self, context: FitContext) -> Scores:
        """Return the prior's own scores of all images, ``(images,)`` in [0, 1]."""
        return image_features(context, self.components).generic


Kept = dict[Hashable, tuple[Inputs, Split, Floats]]
_kept: WeakKeyDictionary[nn.Module, Kept] = WeakKeyDictionary()


def _once(network: nn.Module, context: FitContext, what: Hashable, compute: Callable[[], Floats]) -> Floats:
    """Compute a fact, or return what another method of this run computed with the same network."""
    kept = _kept.setdefault(network, {})
    if what not in kept or kept[what][0] is not context.inputs or kept[what][1] is not context.split:
        kept[what] = (context.inputs, context.split, compute())
    return kept[what][2]


def _predicted_attributes(context: FitContext, network: nn.Module) -> Floats:
    """Apply a network of attributes to all images of the database, a bounded number at a time."""
    network = network.to(context.device).eval()
    images, some = np.arange(context.table.images), batch_on(context.device)
    with torch.no_grad():
        parts = [
            network.both(context.inputs.batch(images[start : start + some]).to(context.device))[1].cpu()  # type: ignore[operator]
            for start in range(0, len(images), some)
        ]
    return np.asarray(torch.cat(parts).double().numpy())


def _posterior(values: Floats, training: Indices, clusters: int, sharpness: float, seed: int) -> Floats:
    """Part training images by k-means, and say how likely every image belongs to each part."""
    found = KMeans(clusters, n_init=4, random_state=seed).fit(values[training])
    squared = ((values[:, None] - found.cluster_centers_) ** 2).sum(axis=2)
    logits = -sharpness * squared / _spread(squared[training].min(axis=1).mean())
    posterior = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def standardised(values: Floats, split: Split) -> Floats:
    """Give columns mean 0 and standard deviation 1 over training images; a constant column becomes 0 there.

    Args:
        values: ``(images, columns)`` of all images.
        split: says which images are training images.
    """
    training = values[split.train_images]
    return np.asarray((values - training.mean(axis=0)) / _spread(training.std(axis=0)))


def _spread(value: Any) -> Any:
    """Return a scale to divide by: itself, or 1 where there is no spread to speak of."""
    return np.where(np.asarray(value) > 1e-9, value, 1.0)
