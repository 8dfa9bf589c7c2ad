"""The order of training, keyed by seed and epoch, so that a resumed run sees what the uninterrupted one would have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch.utils.data import Sampler

from piaa_lightning.errors import UserError


class Visit(NamedTuple):
    """One item at one epoch; the epoch keys every draw that is made for the item.

    Args:
        item: number of the item.
        epoch: number of the epoch, from 0.
    """

    item: int
    epoch: int


@dataclass(frozen=True)
class Rank:
    """Which of several processes that train together this one is.

    Args:
        number: from 0.
        world: how many there are.
    """

    number: int = 0
    world: int = 1

    def share(self, batch: int) -> int:
        """Return this process's part of a batch that all of them work through together.

        Raises:
            UserError: the batch cannot be divided evenly.
        """
        if batch % self.world:
            raise UserError(
                f"task.batch_size={batch} cannot be divided evenly between {self.world} processes; choose a multiple of"
                f" {self.world}."
            )
        return batch // self.world


ALONE = Rank()


class EpochSampler(Sampler[Visit]):
    """Every item once per epoch, in an order that depends on (seed, epoch) alone.

    Processes that train together take turns: what they see at one step is what a single process would see in one
    batch. The last items of an order, fewer than there are processes, are left out of that epoch.

    Args:
        items: how many there are.
        seed: of the run.
        rank: which process this is.
        visits: visits in an epoch, over all processes; None visits every item once. Where there are more visits than
            items, one order follows on another; this is how a small database keeps step with a large one.
    """

    def __init__(self, items: int, seed: int, rank: Rank = ALONE, visits: int | None = None) -> None:
        self.items = items
        self.seed = seed
        self.rank = rank
        self.visits = items if visits is None else visits
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take the order of another epoch; Lightning calls this."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Visit]:
        whole = len(self) * self.rank.world
        rounds = -(-whole // self.items) if self.items else 0
        orders = [np.random.default_rng(self._key(number)).permutation(self.items) for number in range(rounds)]
        order = np.concatenate([*orders, np.zeros(0, dtype=np.int64)])[:whole]
        return (Visit(int(item), self.epoch) for item in order[self.rank.number :: self.rank.world])

    def __len__(self) -> int:
        return self.visits // self.rank.world

    def _key(self, number: int) -> tuple[int, ...]:
        """Key an order within the epoch; the first has the key that it has where there is no other."""
        return (self.seed, self.epoch, number) if number else (self.seed, self.epoch)
