"""What networks are fed: stored pictures, or features of them computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from piaa_lightning.data.augment import Chances, Crops, Squares, draw_squares
from piaa_lightning.data.ratings import Indices


class Source(Protocol):
    """Anything that hands out a batch by the pictures' numbers."""

    def batch(self, indices: Indices) -> Tensor:
        """Return ``(len(indices), ...)``."""
        ...


class Stored(Source, Protocol):
    """Pictures that squares can be cut out of."""

    size: int

    def squares(self, indices: Indices, squares: Squares) -> Tensor:
        """Return ``(len(indices), 3, squares.size, squares.size)``."""
        ...


@dataclass(frozen=True)
class Inputs:
    """The two ways in which a picture enters a network.

    Args:
        evaluation: squashed to the network's size, never changed.
        training: squashed to a larger size and cropped at random; None where training sees what evaluation sees.
        size: side of the network's input in pixels.
        cut_on_device: True hands whole pictures on, to be cut where the network is, which costs a GPU nothing; False
            cuts while gathering, which saves a CPU from copying what is cut away, and then the rest once more.
    """

    evaluation: Source
    training: Stored | None = None
    size: int = 0
    cut_on_device: bool = True

    def batch(self, images: Indices) -> Tensor:
        """Return the pictures as evaluation sees them."""
        return self.evaluation.batch(images)

    def augmented(self, images: Indices, chance: Chances) -> Any:
        """Return the pictures as training sees them.

        Args:
            images: ``(batch,)`` numbers of the pictures.
            chance: ``(batch, 3)`` uniform in [0, 1), see `augment.draw_squares`.

        Returns:
            Squares, or `Crops`, which ``augment.cut_all`` cuts on the device; where training sees what evaluation
            sees, that.
        """
        if self.training is None:
            return self.evaluation.batch(images)
        squares = draw_squares(self.training.size, self.size, chance)
        if self.cut_on_device:
            return Crops(self.training.batch(images), squares)
        return self.training.squares(images, squares)


class Features:
    """Frozen features of every picture, in memory.

    Args:
        values: ``(images, features)``.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def batch(self, indices: Indices) -> Tensor:
        """Return ``(len(indices), features)``."""
        return self.values[torch.as_tensor(np.asarray(indices))]
