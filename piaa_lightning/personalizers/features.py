"""Features and generic scores of images, computed once per run for all closed-form methods."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self, cast
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.network_scorer import NetworkScorer, batch_on
from piaa_lightning.personalizers.own_images import OwnRatings, size_of, with_user
from piaa_lightning.personalizers.personalizer import FitContext, Personalizer, Settings, Support, device_of_model
from piaa_lightning.runtime.progress import track

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """How features became values: (features - centre) axes' / unit, for images that were not there at the time.

    Args:
        centre: ``(features,)``.
        axes: ``(values, features)``; None where all features are kept.
        unit: what is divided by.
    """

    centre: NDArray[np.float32]
    axes: NDArray[np.float32] | None
    unit: float


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """What a prior sees in every image that somebody is evaluated on or learnt from; NaN for the others.

    Args:
        values: ``(images, features)``, training images have mean 0 and, over all features together, mean square 1.
        generic: ``(images,)`` the prior's own scores in [0, 1].
        level: mean of the generic scores of training images.
        projection: how the values were made of what the prior's head is fed.
    """

    values: NDArray[np.float32]
    generic: Scores
    level: float
    projection: Projection

    def with_images(self, embedded: NDArray[np.float32], generic: Scores) -> ImageFeatures:
        """Return the same features with those of further images behind them.

        Args:
            embedded: ``(images, features of the network)``, what the model's head is fed.
            generic: ``(images,)`` the model's own scores.
        """
        own = embedded - self.projection.centre
        if self.projection.axes is not None:
            own = own @ self.projection.axes.T
        own = (own / np.float32(self.projection.unit)).astype(np.float32)
        return replace(self, values=np.concatenate([self.values, own]), generic=np.concatenate([self.generic, generic]))

    def rows(self, images: Indices) -> Floats:
        """Return ``(len(images), features)`` in float64."""
        return self.values[images].astype(np.float64)

    def scores(self, images: Indices) -> Floats:
        """Return ``(len(images),)`` generic scores in float64."""
        return self.generic[images].astype(np.float64)

    def described(self, images: Indices) -> Floats:
        """Return what a user's weights are multiplied with: 1, the generic score less its level, and the features."""
        leading = np.stack([np.ones(len(images)), self.scores(images) - self.level], axis=1)
        return np.concatenate([leading, self.rows(images)], axis=1)


_kept: WeakKeyDictionary[nn.Module, dict[int | None, tuple[Inputs, ImageFeatures]]] = WeakKeyDictionary()


def image_features(context: FitContext, components: int | None = None) -> ImageFeatures:
    """Return what the context's prior sees; methods of one run that stand on the same prior share it.

    Features are what the prior's head is fed: frozen features as they are, or the backbone's of a prior that was
    trained. Images pass in batches, so that memory holds one row per image and nothing larger.

    Args:
        context: must hold a prior.
        components: at most so many principal components of training images are kept; None keeps all features.

    Raises:
        UserError: there is no prior, or it cannot be parted into features and a head.
    """
    scorer = NetworkScorer(context)
    kept = _kept.setdefault(scorer.model, {})
    if components not in kept or kept[components][0] is not context.inputs:
        kept[components] = (context.inputs, _computed(scorer, context, components))
    return kept[components][1]


def _computed(scorer: NetworkScorer, context: FitContext, components: int | None) -> ImageFeatures:
    prior = scorer.model
    embed, head = parts_of(prior)
    shown = np.concatenate([context.split.train_images, scorer.held_out])
    generic = np.full(context.table.images, np.nan, dtype=np.float32)
    values: NDArray[np.float32] | None = None
    some = batch_on(scorer.device)
    with torch.no_grad():
        for start in track(range(0, len(shown), some), "features of all images"):
            images = shown[start : start + some]
            features = embed(scorer.inputs_of(images))
            generic[images] = head(features).cpu().numpy()
            if values is None:
                values = np.full((context.table.images, features.shape[1]), np.nan, dtype=np.float32)
            values[images] = features.cpu().numpy()
    if values is None:
        raise UserError(f"{context.table.database}: the split holds no image; closed-form methods have nothing to see.")
    known = context.split.train_images if len(context.split.train_images) else shown
    values, projection = scaled(values, known, components)
    return ImageFeatures(values, generic, float(generic[known].mean(dtype=np.float64)), projection)


def parts_of(model: nn.Module) -> tuple[Callable[[Tensor], Tensor], nn.Module]:
    """Return the two parts of a model: what gives features, and the head that scores them.

    Raises:
        UserError: it cannot be parted so.
    """
    if not (hasattr(model, "embed") and hasattr(model, "head")):
        raise UserError("methods: closed-form methods need a prior with features and a head; give `model: ${task}`.")
    return cast(Callable[[Tensor], Tensor], model.embed), cast(nn.Module, model.head)


class OnFeatures(Personalizer):
    """A closed-form method that looks at images through `image_features` alone."""

    features: ImageFeatures

    def seeing(self, features: ImageFeatures) -> Self:
        """Return the same prepared method, looking at other images."""
        other = copy.copy(self)
        other.features = features
        return other

    def scorer_of(self, ratings: OwnRatings, settings: Settings) -> Callable[[Tensor], Scores]:
        """Prepare once, and put what the model sees in further images behind what it saw in the database's."""
        size, device = size_of(self.model), device_of_model(self.model)
        if ratings.data is None:
            self.prepare(FitContext(*with_user(None, size, ratings.squares, ratings.scores)[:3], device, self.model))
        else:
            data = ratings.data
            self.prepare(FitContext(data.table, data.split, data.inputs_at(size), device, self.model))
        model = self.model
        assert model is not None
        known = self.features.with_images(*_embedded(model, ratings.squares, device))
        count = len(known.generic)
        images = np.arange(count - len(ratings.scores), count)
        user = 0 if ratings.data is None else ratings.data.table.users
        support = Support(user, images, ratings.scores)

        def score(squares: Tensor) -> Scores:
            seen = self.seeing(known.with_images(*_embedded(model, squares, device)))
            return seen.trace(support, np.arange(count, count + len(squares)), [settings])[0]

        return score


def _embedded(model: nn.Module, squares: Tensor, device: torch.device) -> tuple[NDArray[np.float32], Scores]:
    """Return what a model's head is fed, and its scores, a bounded number of images at a time."""
    embed, head = parts_of(model.eval())
    with torch.no_grad():
        features = [embed(part.to(device)) for part in torch.split(squares, batch_on(device))]
        scores = [head(part) for part in features]
    return torch.cat(features).cpu().numpy(), torch.cat(scores).cpu().numpy()


def scaled(
    values: NDArray[np.float32], known: Indices, components: int | None = None
) -> tuple[NDArray[np.float32], Projection]:
    """Centre features, give them a common unit, and keep the leading principal components if there are more.

    NOTE: one unit for all, so that strong features stay strong: what a penalty leaves of a weight depends on it.

    Args:
        values: ``(images, features)``; changed in place.
        known: numbers of the training images; mean, axes and unit come from them alone.
        components: how many to keep; None keeps the features.

    Returns:
        ``(images, features or components)``, and how they were made.
    """
    centre = values[known].mean(axis=0, dtype=np.float64).astype(np.float32)
    values -= centre
    axes = None
    if components is not None and components < values.shape[1]:
        spread: Floats = np.zeros((values.shape[1],) * 2)
        for start in range(0, len(known), 4096):
            rows = values[known[start : start + 4096]].astype(np.float64)
            spread += rows.T @ rows
        axes = np.linalg.eigh(spread)[1][:, ::-1][:, :components].astype(np.float32)
        values = values @ axes
    power = np.mean(
        [np.square(values[known[s : s + 4096]], dtype=np.float64).mean() for s in range(0, len(known), 4096)]
    )
    unit = np.float32(np.sqrt(power)) if power > 0 else np.float32(1)
    values /= unit
    return values, Projection(centre, None if axes is None else axes.T, float(unit))
