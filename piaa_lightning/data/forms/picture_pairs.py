"""Two pictures at a time, one liked more than the other: what rankers learn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from piaa_lightning.data.augment import DRAWS
from piaa_lightning.data.forms.targets import average_scores
from piaa_lightning.data.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.samplers import Visit
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.examples import Examples, Pairs

ROUNDING = 1e-6  # of scores in [0, 1], which are kept in single precision


class PicturePairs(Dataset[Pairs]):
    """Every picture of a part with a partner whose average score differs, drawn anew in each epoch.

    Draws are keyed by (seed, epoch, picture).

    Args:
        table: the database.
        split: who and what is held out.
        part: which pictures.
        inputs: where pictures come from.
        seed: of the run.
        min_difference: pairs whose average scores differ by less (in [0, 1]) are not served; equal ones never are.

    Raises:
        UserError: no two pictures differ enough.
    """

    def __init__(
        self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int, min_difference: float = 0.0
    ) -> None:
        self.inputs, self.seed = inputs, seed
        average = average_scores(table, split, part)
        images = np.flatnonzero(np.isfinite(average))
        self.images = images[np.argsort(average[images], kind="stable")]
        self.scores = average[self.images]
        least = max(min_difference - ROUNDING, float(np.finfo(np.float32).eps))
        # partners are the first `below` pictures and those from `above` on, in the order of scores
        self.below = np.searchsorted(self.scores, self.scores - least, side="right")
        self.above = np.searchsorted(self.scores, self.scores + least, side="left")
        self.partners = self.below + len(self.images) - self.above
        self.items = np.flatnonzero(self.partners > 0)
        if not len(self.items):
            raise UserError(
                f"{table.database}: no two pictures of the {part} part differ by {min_difference:g} in their average"
                " score (0 to 1); lower task.form.min_difference."
            )

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
        second = np.where(drawn < self.below[first], drawn, drawn - self.below[first] + self.above[first])
        better, worse = np.maximum(first, second), np.minimum(first, second)  # in the order of scores
        parts = ((better, chance[:, 1 : 1 + DRAWS]), (worse, chance[:, 1 + DRAWS :]))
        return Pairs(
            *(
                Examples(self.inputs.augmented(self.images[items], own), torch.from_numpy(self.scores[items]))
                for items, own in parts
            )
        )
