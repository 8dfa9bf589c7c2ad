"""A loader that goes on in the middle of an epoch, where a checkpoint left off."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from torch.utils.data import BatchSampler, DataLoader, Dataset


class SkippingBatches(BatchSampler):
    """Batches of a sampler's items; the first ones of the next round may be skipped, without being fetched."""

    skip = 0

    def __iter__(self) -> Iterator[list[Any]]:
        skip, self.skip = self.skip, 0
        return itertools.islice(super().__iter__(), skip, None)


class ResumableLoader(DataLoader[Any]):
    """A DataLoader whose place in the epoch Lightning keeps in its checkpoints.

    NOTE: with a plain DataLoader Lightning starts the epoch's data anew but counts on from where it was, so that a run
    resumed in mid-epoch sees the first batches twice and the last ones never.

    Args:
        dataset: what is loaded.
        sampler: the order of the items, keyed by the epoch.
        batch_size: items in a batch.
        options: further arguments of DataLoader.
    """

    def __init__(self, dataset: Dataset[Any], sampler: Any, batch_size: int, **options: Any) -> None:
        super().__init__(dataset, batch_sampler=SkippingBatches(sampler, batch_size, drop_last=False), **options)
        self._done = 0

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # any iterator serves
        assert isinstance(self.batch_sampler, SkippingBatches)
        self._done = self.batch_sampler.skip
        for batch in super().__iter__():
            self._done += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Return how many batches of this epoch were handed out; none where the epoch is over."""
        return {"batches": self._done % max(1, len(self))}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Skip that many at the beginning of the next epoch that is begun."""
        assert isinstance(self.batch_sampler, SkippingBatches)
        self.batch_sampler.skip = state["batches"]
