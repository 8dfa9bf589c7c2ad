"""Base of datasets of single images: a batch is fetched at once, with crops keyed by image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from torch.utils.data import Dataset

from piaa_lightning.data.images.augment import Chances
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices
from piaa_lightning.data.samplers import Visit

Batch = TypeVar("Batch", covariant=True)


class ImageDataset(Dataset[Batch], Generic[Batch]):
    """Training images, numbered as items.

    Crops and flips are keyed by (seed, epoch, item): whatever else is in the batch, and whichever process fetches it,
    an image is cut alike.

    Args:
        images: ``(items,)`` numbers of the images.
        inputs: where images come from.
        seed: of the run.
    """

    def __init__(self, images: Indices, inputs: Inputs, seed: int) -> None:
        self.images = images
        self.inputs = inputs
        self.seed = seed
        self._drawn: tuple[int, Chances] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, visit: Visit) -> Batch:
        return self.__getitems__([visit])

    def __getitems__(self, visits: Sequence[Visit]) -> Batch:
        items = np.array([visit.item for visit in visits])
        chance = self._chances(visits[0].epoch)[items]
        return self.collect(self.inputs.augmented(self.images[items], chance), items)

    @abstractmethod
    def collect(self, inputs: Any, items: Indices) -> Batch:
        """Put the inputs and the targets of some items together."""

    def _chances(self, epoch: int) -> Chances:
        if self._drawn is None or self._drawn[0] != epoch:
            self._drawn = (epoch, np.random.default_rng((self.seed, epoch, 1)).random((len(self), self.inputs.draws)))
        return self._drawn[1]
