"""Features of a frozen backbone, computed once per image and kept on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.data.images.raw import AnyImages
from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.runtime.files.atomic import replacing
from piaa_lightning.runtime.progress import track

Values = NDArray[np.float32]
BATCH = 32


def frozen_features(
    backbone: Backbone, images: AnyImages | Mapping[int, AnyImages], cache: Path, device: torch.device
) -> Values:
    """Run every image through a backbone that will not be trained.

    Of several networks in one backbone each has a file of its own in the cache, so that one more computes one more.

    Args:
        backbone: used in evaluation mode.
        images: at the backbone's size, or by size, where its networks have several.
        cache: directory that keeps the features of this backbone and these images, where the images are kept too.
        device: where the backbone runs.

    Returns:
        ``(images, features)``.
    """
    parts = [
        _of_one(member, images[member.size] if isinstance(images, Mapping) else images, cache, device)
        for member in backbone.members
    ]
    return np.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]


def _of_one(backbone: Backbone, images: AnyImages, cache: Path, device: torch.device) -> Values:
    kept = None if images.key is None else cache / "features" / f"{_key(backbone, images)}.npy"
    if kept is not None and kept.is_file():
        with suppress(OSError, ValueError, EOFError):  # damaged: computed anew
            stored: Values = np.load(kept)
            return stored
    values = _forward(backbone, images, device)
    if kept is not None:
        with replacing(kept) as file:
            np.save(file, values)
    return values


@dataclass(frozen=True)
class Scaling:
    """A common scale for features, fitted to training images; see `fit_scaling`.

    Args:
        mean: ``(features,)``.
        spread: ``(features,)``.
        axes: ``(components, features)`` principal axes; None keeps the features.
        unit: what the components are divided by.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    axes: NDArray[np.float64] | None = None
    unit: float = 1.0

    def apply(self, values: Values) -> Tensor:
        """Scale ``(images, features)``, whichever images they are of."""
        scaled = (values.astype(np.float64) - self.mean) / self.spread
        if self.axes is not None:
            scaled = scaled @ self.axes.T / self.unit
        return torch.from_numpy(scaled.astype(np.float32))

    def follow(self, values: Tensor) -> Tensor:
        """Scale ``(images, features)`` so that gradients pass, on the device of ``values``."""

        def constant(array: NDArray[np.float64]) -> Tensor:
            return torch.as_tensor(array, dtype=values.dtype, device=values.device)

        scaled = (values - constant(self.mean)) / constant(self.spread)
        return scaled if self.axes is None else scaled @ constant(self.axes).T / self.unit


def fit_scaling(values: Values, known: Indices, components: int | None = None) -> Scaling:
    """Find a common scale for features, and their leading principal components if asked to.

    A head on a thousand features learns a few hundred images by heart; on some tens of components it cannot.

    Args:
        values: ``(images, features)``.
        known: numbers of the training images; means, scales and components come from them alone.
        components: how many principal components to keep; None keeps the features.

    Returns:
        A scale that gives training images mean 0 and standard deviation 1 per feature, or over all components
        together, so that the leading ones stay the largest.

    Raises:
        UserError: more components than training images or features.
    """
    most = min(len(known), values.shape[1])
    if components is not None and not 0 < components <= most:
        raise UserError(f"backbone.components={components}: give a number from 1 to {most}, or null for all features.")
    own = values[known].astype(np.float64)
    mean, spread = own.mean(axis=0), own.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    if components is None:
        return Scaling(mean, spread)
    own = (own - mean) / spread
    axes = np.linalg.svd(own, full_matrices=False)[2][:components]
    return Scaling(mean, spread, axes, float((own @ axes.T).std()))


def _forward(backbone: Backbone, images: AnyImages, device: torch.device) -> Values:
    backbone = backbone.to(device).eval()
    values: Values = np.empty((len(images), backbone.features), dtype=np.float32)
    with torch.inference_mode():
        for start in track(range(0, len(images), BATCH), "features of the frozen backbone"):
            numbers = np.arange(start, min(start + BATCH, len(images)))
            values[numbers] = backbone(images.batch(numbers).to(device)).cpu().numpy()
    return values


def _key(backbone: Backbone, images: AnyImages) -> str:
    """Name network, weights and images by content: neither a path nor a date can be stale."""
    # the network in print, for options such as the kind of padding that leave no trace in its weights
    content = hashlib.sha256(f"{backbone.network} {backbone.size} {images.key}".encode())
    for name, value in sorted(backbone.state_dict().items()):
        content.update(name.encode())
        content.update(value.cpu().contiguous().numpy().tobytes())
    for statistics in (backbone.mean, backbone.std):
        content.update(statistics.cpu().numpy().tobytes())
    return content.hexdigest()[:20]
