"""What is known of pictures before any person: semantic features, contents and attributes, shared by methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor, nn

from piaa_lightning.data.inputs import Inputs
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.network_scorer import BATCH
from piaa_lightning.personalizers.personalizer import Ground, LeftOutError

Floats = NDArray[np.float64]

KINDS = ("attributes", "content")
KEPT = 8  # results that stay in memory, so that the rows of one table share them


@dataclass(frozen=True)
class PictureFacts:
    """How pictures are described to methods that do not see them (PAM, FPMF, USAR).

    Everything comes from pictures and trained networks, and every scale from training pictures; no rating is read.
    NOTE: PAM takes contents from the features of an ImageNet classifier. Here they come from the network that the
    method starts from, which is that where the backbone is frozen, and one trained on aesthetics where it is not.

    Args:
        kinds: what :meth:`of` puts side by side: attributes, content, or both.
        clusters: number of contents; 10 in PAM.
        sharpness: of the softmax over contents: how much a squared distance counts, in units of the mean squared
            distance of a training picture from its own centre. A hypothesis: PAM trains a classifier instead.
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
            raise UserError(f"personalizer.facts.kinds={list(self.kinds)}: name one or more of {', '.join(KINDS)}.")

    def of(self, ground: Ground) -> Floats:
        """Return the chosen facts of all pictures, ``(images, facts)`` with mean 0 and deviation 1 over training.

        Raises:
            LeftOutError: see :meth:`attributes` and :meth:`content`.
        """
        found = {"attributes": self.attributes, "content": self.content}
        return standardised(np.hstack([found[kind](ground) for kind in KINDS if kind in self.kinds]), ground.split)

    def attributes(self, ground: Ground) -> Floats:
        """Return predicted attributes of all pictures, ``(images, attributes)`` in [-1, 1].

        Raises:
            LeftOutError: no network was trained to predict attributes.
        """
        network = ground.aids.get("attributes")
        if network is None:
            raise LeftOutError(
                "it stands on attributes, and no network predicts them here; add +task@tasks.attributes=ten_attributes"
                " +data@databases.attributes=aadb"
            )
        return _attributes(_known(network, ground))

    def content(self, ground: Ground) -> Floats:
        """Return how likely each content is for all pictures, ``(images, clusters)``, rows sum to one.

        Raises:
            LeftOutError: there are fewer training pictures than contents.
        """
        known = len(ground.split.train_images)
        if known < self.clusters:
            raise LeftOutError(f"{known} training pictures cannot be parted into {self.clusters} contents")
        return _content(_known(ground.prior, ground), self.components, self.clusters, self.sharpness, self.seed)

    def semantic(self, ground: Ground) -> Floats:
        """Return the leading principal components of the semantic features of all pictures, ``(images, components)``.

        The mean square over all components and training pictures is 1, so that the leading ones stay the largest.
        """
        return _semantic(_known(ground.prior, ground), self.components)


Known = tuple[nn.Module, Inputs, Split, int, torch.device]


def _known(network: nn.Module | None, ground: Ground) -> Known:
    """Return what a fact of pictures depends on, each compared as an object."""
    if network is None:
        raise UserError("methods: this method starts from a prior and none is given; add `prior: ${task}` to it.")
    return network, ground.inputs, ground.split, ground.table.images, ground.device


@lru_cache(maxsize=KEPT)
def _attributes(known: Known) -> Floats:
    return _of_all(known, lambda network, inputs: network.both(inputs)[1])


@lru_cache(maxsize=KEPT)
def _semantic(known: Known, components: int) -> Floats:
    values = _of_all(known, lambda network, inputs: network.embed(inputs))
    training = values[known[2].train_images]
    values -= training.mean(axis=0)
    training = values[known[2].train_images]
    axes = np.linalg.eigh(training.T @ training)[1][:, ::-1][:, :components]
    reduced: Floats = values @ axes
    return np.asarray(reduced / _spread(reduced[known[2].train_images].std()))


@lru_cache(maxsize=KEPT)
def _content(known: Known, components: int, clusters: int, sharpness: float, seed: int) -> Floats:
    values, training = _semantic(known, components), known[2].train_images
    found = KMeans(clusters, n_init=4, random_state=seed).fit(values[training])
    squared = ((values[:, None] - found.cluster_centers_) ** 2).sum(axis=2)
    within = _spread(squared[training].min(axis=1).mean())
    logits = -sharpness * squared / within
    posterior = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def _of_all(known: Known, function: Callable[[Any, Tensor], Tensor]) -> Floats:
    """Apply a network to all pictures of a database, a bounded number at a time."""
    network, inputs, _, images, device = known
    network = network.to(device).eval()
    with torch.no_grad():
        parts = [
            function(network, inputs.batch(np.arange(start, min(start + BATCH, images))).to(device)).cpu()
            for start in range(0, images, BATCH)
        ]
    return np.asarray(torch.cat(parts).double().numpy())


def standardised(values: Floats, split: Split) -> Floats:
    """Give columns mean 0 and standard deviation 1 over training pictures; a constant column becomes 0 there.

    Args:
        values: ``(images, columns)`` of all pictures.
        split: says which pictures are training pictures.
    """
    training = values[split.train_images]
    return np.asarray((values - training.mean(axis=0)) / _spread(training.std(axis=0)))


def _spread(value: Any) -> Any:
    """Return a scale to divide by: itself, or 1 where there is no spread to speak of."""
    return np.where(np.asarray(value) > 1e-9, value, 1.0)
