"""Two images at a time, one liked more than the other: what rankers learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from piaa_lightning.data.batches import Examples, Pairs
from piaa_lightning.data.datasets.targets import average_scores
from piaa_lightning.data.images.augment import DRAWS
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.data.samplers import Visit
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError

ROUNDING = 1e-6  # of scores in [0, 1], which are kept in single precision


class OrderedPairs(Dataset[Pairs]):
    """Every scored item with a partner of its group whose score differs, drawn anew in each epoch.

    Draws are keyed by (seed, epoch, item).

    Args:
        images: ``(items,)`` numbers of the images.
        scores: ``(items,)`` in [0, 1].
        groups: ``(items,)`` numbers from 0; partners have the same.
        inputs: where images come from.
        seed: of the run.
        min_difference: pairs whose scores differ by less (in [0, 1]) are not served; equal ones never are.
    """

    def __init__(
        self, images: Indices, scores: Scores, groups: Indices, inputs: Inputs, seed: int, min_difference: float
    ) -> None:
        self.inputs, self.seed = inputs, seed
        place = 2 * groups + scores.astype(np.float64)  # groups lie apart, scores in order
        order = np.argsort(place, kind="stable")
        self.images, self.scores, place, groups = images[order], scores[order], place[order], groups[order]
        least = max(min_difference - ROUNDING, float(np.finfo(np.float32).eps))
        # partners are the `below` items from `start` on, and those from `above` to the end of the group
        self.start, end = (np.searchsorted(groups, groups, side=side) for side in ("left", "right"))
        self.below = np.maximum(np.searchsorted(place, place - least, side="right") - self.start, 0)
        self.above = np.minimum(np.searchsorted(place, place + least, side="left"), end)
        self.partners = self.below + end - self.above
        self.items = np.flatnonzero(self.partners > 0)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, visit: Visit) -> Pairs:
        return self.__getitems__([visit])

    def __getitems__(self, visits: Sequence[Visit]) -> Pairs:
        first = self.items[[visit.item for visit in visits]]
        chance = np.stack(
            [np.random.default_rng((self.seed, visit.epoch, visit.item)).random(1 + 2 * DRAWS) for visit in visits]
        )
        drawn = (chance[:, 0] * self.partners[first]).astype(np.int64)
        below = self.below[first]
        second = np.where(drawn < below, drawn + self.start[first], drawn - below + self.above[first])
        better, worse = np.maximum(first, second), np.minimum(first, second)  # in the order of scores
        parts = ((better, chance[:, 1 : 1 + DRAWS]), (worse, chance[:, 1 + DRAWS :]))
        return Pairs(
            *(
                Examples(self.inputs.augmented(self.images[items], own), torch.from_numpy(self.scores[items]))
                for items, own in parts
            )
        )


class ImagePairs(OrderedPairs):
    """Every image of a part with a partner whose average score differs; see `OrderedPairs`.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.
        min_difference: pairs whose average scores differ by less (in [0, 1]) are not served; equal ones never are.

    Raises:
        UserError: no two images differ enough.
    """

    def __init__(
        self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int, min_difference: float = 0.0
    ) -> None:
        average = average_scores(table, split, part)
        images = np.flatnonzero(np.isfinite(average))
        super().__init__(images, average[images], np.zeros(len(images), dtype=np.int64), inputs, seed, min_difference)
        if not len(self):
            raise UserError(
                f"{table.database}: no two images of the {part} part differ by {min_difference:g} in their average"
                " score (0 to 1); lower task.dataset.min_difference."
            )
