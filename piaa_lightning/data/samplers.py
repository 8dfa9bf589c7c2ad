"""The order of training, keyed by seed and epoch, so that a resumed run sees what the uninterrupted one would have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch.utils.data import Sampler


class Visit(NamedTuple):
    """One item at one epoch; the epoch keys every draw that is made for the item.

    Args:
        item: number of the item.
        epoch: number of the epoch, from 0.
    """

    item: int
    epoch: int


class EpochSampler(Sampler[Visit]):
    """Every item once per epoch, in an order that depends on (seed, epoch) alone.

    Args:
        items: how many there are.
        seed: of the run.
    """

    def __init__(self, items: int, seed: int) -> None:
        self.items = items
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of another epoch; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Visit]:
        order = np.random.default_rng((self.seed, self.epoch)).permutation(self.items)
        return (Visit(int(item), self.epoch) for item in order)

    def __len__(self) -> int:
        return self.items
