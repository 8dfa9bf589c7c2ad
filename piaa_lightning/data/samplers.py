"""The order of training, keyed by seed and epoch, so that a resumed run sees what the uninterrupted one would have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch.utils.data import Sampler

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.distributed import share


class Visit(NamedTuple):
    """One item at one epoch; the epoch keys every draw that is made for the item.

    Args:
        item: number of the item.
        epoch: number of the epoch, from 0.
    """

    item: int
    epoch: int


def share_of_batch(batch: int, world: int) -> int:
    """Return one process's part of a batch that ``world`` processes work through together.

    Raises:
        UserError: the batch cannot be divided evenly.
    """
    if batch % world:
        raise UserError(
            f"task.batch_size={batch} cannot be divided evenly between {world} processes; choose a multiple of {world}."
        )
    return batch // world


class EpochSampler(Sampler[Visit]):
    """Every item once per epoch, in an order that depends on (seed, epoch) alone.

    Processes that train together take turns: what they see at one step is what a single process would see in one
    batch. The last items of an order, fewer than there are processes, are left out of that epoch.

    Args:
        items: how many there are.
        seed: of the run.
        visits: visits in an epoch, over all processes; None visits every item once. Where there are more visits than
            items, one order follows on another; this is how a small database keeps step with a large one.
        rank: which of the processes that train together this one is.
        world: how many there are.
    """

    def __init__(self, items: int, seed: int, visits: int | None = None, rank: int = 0, world: int = 1) -> None:
        self.items = items
        self.seed = seed
        self.rank, self.world = rank, world
        self.visits = items if visits is None else visits
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of another epoch; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Visit]:
        whole = len(self) * self.world
        rounds = -(-whole // self.items) if self.items else 0
        orders = [np.random.default_rng(self._key(number)).permutation(self.items) for number in range(rounds)]
        order = np.concatenate([*orders, np.zeros(0, dtype=np.int64)])[:whole]
        return (Visit(item, self.epoch) for item in share(order.tolist(), self.rank, self.world))

    def __len__(self) -> int:
        return self.visits // self.world

    def _key(self, number: int) -> tuple[int, ...]:
        """Key an order within the epoch; the first has the key that it has where there is no other."""
        return (self.seed, self.epoch, number) if number else (self.seed, self.epoch)
