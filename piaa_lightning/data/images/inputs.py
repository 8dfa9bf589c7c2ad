"""Inputs of networks: stored images, or features of them computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from piaa_lightning.data.images.augment import (
    DRAWS,
    PATCH_DRAWS,
    Chances,
    Crops,
    Squares,
    Views,
    draw_squares,
    fixed_places,
    patch_squares,
)
from piaa_lightning.data.ratings import Indices
from piaa_lightning.errors import UserError


class Source(Protocol):
    """Anything that hands out a batch by the images' numbers."""

    def batch(self, indices: Indices) -> Tensor:
        """Return ``(len(indices), ...)``."""
        ...


class Stored(Source, Protocol):
    """Images that squares can be cut out of."""

    size: int

    def squares(self, indices: Indices, squares: Squares) -> Tensor:
        """Return ``(len(indices), 3, squares.size, squares.size)``."""
        ...


@dataclass(frozen=True)
class Inputs:
    """The two ways in which an image enters a network, alone or with patches of itself.

    Args:
        evaluation: squashed to the network's size, never changed.
        training: squashed to a larger size and cropped at random; None where training sees what evaluation sees.
        size: side of the network's input in pixels.
        cut_on_device: True hands whole images on, to be cut where the network is, which costs a GPU nothing; False
            cuts while gathering, which saves a CPU from copying what is cut away, and then the rest once more.
        details: squashed to a larger size still, for patches; None where no network asks for any.
        patches: how many squares of the network's size come with every image, cut out of ``details``.
    """

    evaluation: Source
    training: Stored | None = None
    size: int = 0
    cut_on_device: bool = True
    details: Stored | None = None
    patches: int = 0

    @property
    def draws(self) -> int:
        """Random numbers that `augmented` needs for an image."""
        return DRAWS + PATCH_DRAWS * self.patches

    def with_patches(self, patches: int) -> Inputs:
        """Return the same inputs for a network that looks at patches beside the image.

        Raises:
            UserError: no larger images were stored.
        """
        if patches and self.details is None:
            raise UserError(
                "data.patch_scale=null: the network looks at patches of images; set data.patch_scale to how much larger"
                " the images are that these are cut from, for instance data.patch_scale=2.0, and backbone.frozen to"
                " false."
            )
        return replace(self, patches=patches)

    def batch(self, images: Indices) -> Tensor:
        """Return the images as evaluation sees them, ``(batch, 3, size, size)``.

        With patches: ``(batch, 1 + patches, 3, size, size)``, the image first, then patches from fixed places.
        """
        whole = self.evaluation.batch(images)
        if not self.patches or self.details is None:
            return whole
        places = np.tile(fixed_places(self.patches), (len(images), 1))
        squares = patch_squares(self.details.size, self.size, places, np.zeros(len(images), dtype=bool))
        return torch.stack([whole, *(self.details.squares(images, own) for own in squares)], dim=1)

    def augmented(self, images: Indices, chance: Chances) -> Any:
        """Return the images as training sees them.

        Args:
            images: ``(batch,)`` numbers of the images.
            chance: ``(batch, draws)`` uniform in [0, 1), see `augment.draw_squares` and `augment.patch_squares`.

        Returns:
            Squares as `batch` returns them, or `Crops` or `Views`, which ``augment.cut_all`` cuts on the device;
            where training sees what evaluation sees, that.

        Raises:
            UserError: patches, in a form that draws none.
        """
        if self.training is None:
            return self.batch(images)
        if chance.shape[1] != self.draws:
            raise UserError("A network that looks at patches learns from single images; choose another task.dataset.")
        squares = draw_squares(self.training.size, self.size, chance[:, :DRAWS])
        if not self.patches or self.details is None:
            if self.cut_on_device:
                return Crops(self.training.batch(images), squares)
            return self.training.squares(images, squares)
        patches = patch_squares(self.details.size, self.size, chance[:, DRAWS:], squares.mirrored)
        if self.cut_on_device:
            return Views(Crops(self.training.batch(images), squares), self.details.batch(images), patches)
        whole = self.training.squares(images, squares)
        return torch.stack([whole, *(self.details.squares(images, own) for own in patches)], dim=1)


class Features:
    """Frozen features of every image, in memory.

    Args:
        values: ``(images, features)``.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def batch(self, indices: Indices) -> Tensor:
        """Return ``(len(indices), features)``."""
        return self.values[torch.as_tensor(np.asarray(indices))]
