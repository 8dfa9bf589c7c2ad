"""A user from nowhere: images and scores that are in no database, as `Personalizer.fit` is given them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from piaa_lightning.data.database import Database
from piaa_lightning.data.images.given import Image, squares_of
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable, Scale, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.errors import ArgumentError, ArgumentTypeError


@dataclass(frozen=True)
class OwnRatings:
    """What a user said of some images.

    Args:
        squares: ``(images, 3, size, size)`` uint8.
        scores: ``(images,)`` in [0, 1].
        scale: of what the user said.
        data: the database that training users come from; None where a method asks none.
    """

    squares: Tensor
    scores: Scores
    scale: Scale
    data: Database | None = None


def network_of(model: object) -> nn.Module | None:
    """Return the network that a method starts from.

    Args:
        model: a LightningModule of `tasks`, whose ``network`` it is; the network itself; or None.

    Raises:
        ArgumentTypeError: it is neither.
    """
    network = getattr(model, "network", model)
    if network is not None and not isinstance(network, nn.Module):
        raise ArgumentTypeError("model", f"a {type(model).__name__} is no network; give a trained LightningModule.")
    return network


def size_of(model: nn.Module | None) -> int:
    """Return the side in pixels of the images that a model sees.

    Raises:
        ArgumentError: there is no model, or it is fed with features and sees no images.
    """
    if model is None:
        raise ArgumentError("model", "none was given; give the trained network to start from, as in FineTune(generic).")
    size = getattr(getattr(model, "backbone", None), "size", None)
    if size is None:
        raise ArgumentError("model", "it has no backbone, so it sees no images; give one that was trained on images.")
    return int(size)


def told(
    model: nn.Module | None, images: Iterable[Image] | Indices, scores: Any, scale: Any, data: Database | None
) -> OwnRatings:
    """Bring what a user said into the form that methods take.

    Args:
        model: says how large images are.
        images: as `squares_of` takes them, or numbers of the images of ``data``.
        scores: ``(images,)`` on the scale.
        scale: worst and best score; None is that of ``data``, or 0..1 without one.
        data: the database.

    Raises:
        ArgumentError: other numbers of images and scores, a score outside the scale.
    """
    squares = squares_for(model, images, data)
    own = np.asarray(scores, dtype=np.float64)
    if own.shape != (len(squares),):
        raise ArgumentError("scores", f"there are {own.size} scores of {len(squares)} images; give one for each.")
    if scale is None:
        limits = Scale(0, 1) if data is None else data.table.scale
    elif len(scale) != 2 or not scale[0] < scale[1]:
        raise ArgumentError("scale", "give the worst and the best score possible, for instance (1, 5).", scale)
    else:
        limits = Scale(float(scale[0]), float(scale[1]))
    outside = ~((own >= limits.low) & (own <= limits.high))
    if outside.any():
        raise ArgumentError(
            "scores",
            f"{own[outside][0]:g} lies outside the scale {limits.low:g}..{limits.high:g}; name yours, as scale=(1, 5).",
        )
    return OwnRatings(squares, limits.to_unit(own), limits, data)


def squares_for(model: nn.Module | None, images: Iterable[Image] | Indices, data: Database | None) -> Tensor:
    """Return images as a model sees them, ``(images, 3, size, size)``."""
    size = size_of(model)
    given = (
        images if isinstance(images, str | np.ndarray | Tensor) or not isinstance(images, Iterable) else list(images)
    )
    if _are_numbers(given):
        if data is None:
            raise ArgumentError("data", "images were given as numbers; give the database that they are images of.")
        numbers = np.asarray(given, dtype=np.int64)
        if len(numbers) and not (numbers.min() >= 0 and numbers.max() < data.table.images):
            raise ArgumentError("images", f"there are images 0 to {data.table.images - 1}.", int(numbers.max()))
        return data.inputs_at(size).batch(numbers)
    if not isinstance(given, Iterable):
        raise ArgumentTypeError("images", f"a {type(images).__name__} is no list of images.")
    return squares_of(cast(Iterable[Image], given), size)


def _are_numbers(images: Any) -> bool:
    if isinstance(images, np.ndarray):
        return images.ndim == 1 and np.issubdtype(images.dtype, np.integer)
    if isinstance(images, Tensor):
        return images.ndim == 1 and not images.is_floating_point()
    return (
        isinstance(images, Sequence)
        and len(images) > 0
        and all(isinstance(image, int | np.integer) for image in images)
    )


class Appended:
    """A database's images, and others behind them.

    Args:
        first: the database's, or None.
        count: how many those are.
        squares: ``(images, 3, size, size)`` the others.
    """

    def __init__(self, first: Inputs | None, count: int, squares: Tensor) -> None:
        self.first = first
        self.count = count
        self.squares = squares

    def batch(self, indices: Indices) -> Tensor:
        """Return ``(len(indices), 3, size, size)``."""
        numbers = np.asarray(indices)
        out = torch.empty((len(numbers), *self.squares.shape[1:]), dtype=self.squares.dtype)
        own = numbers >= self.count
        out[torch.from_numpy(own)] = self.squares[torch.from_numpy(numbers[own] - self.count)]
        if self.first is not None and not own.all():
            out[torch.from_numpy(~own)] = self.first.batch(numbers[~own])
        return out


def with_user(
    data: Database | None, size: int, squares: Tensor, scores: Scores
) -> tuple[RatingTable, Split, Inputs, Indices]:
    """Return a database to which a user was added, as a test user of images of their own.

    Args:
        data: the database, or None for this user alone.
        size: of the images in pixels.
        squares: ``(images, 3, size, size)`` uint8.
        scores: ``(rated,)`` in [0, 1], of the first of them.

    Returns:
        The table, the split, the inputs, and the numbers of the images in all three. The user is the table's last.
    """
    blank = np.zeros(0, dtype=np.int64)
    images, users = (0, 0) if data is None else (data.table.images, data.table.users)
    own = np.arange(images, images + len(squares))
    names = np.array([f"own image {number}" for number in range(len(squares))])
    if data is None:
        table = RatingTable("own images", Path(), names, names, np.array(["you"]), *_rated(0, own, scores), Scale(0, 1))
        split = Split("one user", blank, blank, np.array([0]), blank, blank, own)
        return table, split, Inputs(Appended(None, 0, squares), size=size), own
    before, parts = data.table, data.split
    (user, image, score), labels = _rated(users, own, scores), len(own)
    table = replace(
        before,
        image_ids=np.concatenate([before.image_ids, names]),
        image_files=np.concatenate([before.image_files, names]),
        user_ids=np.concatenate([before.user_ids, ["you"]]),
        user=np.concatenate([before.user, user]),
        image=np.concatenate([before.image, image]),
        score=np.concatenate([before.score, score]),
        image_score=_longer(before.image_score, labels),
        distribution=_longer(before.distribution, labels),
        attributes=_longer(before.attributes, labels),
        traits=_longer(before.traits, 1),
    )
    split = replace(parts, test_users=np.array([users]), test_images=own, val_images=blank, val_users=blank)
    return table, split, Inputs(Appended(data.inputs_at(size), images, squares), size=size), own


def _rated(user: int, images: Indices, scores: Scores) -> tuple[Indices, Indices, Scores]:
    return np.full(len(scores), user), images[: len(scores)], scores


def _longer(values: Scores | None, rows: int) -> Scores | None:
    """Return labels with as many rows behind them of which nothing is known."""
    if values is None:
        return None
    return np.concatenate([values, np.full((rows, *values.shape[1:]), np.nan, dtype=values.dtype)])
