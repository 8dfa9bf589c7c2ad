"""Images with their average score: what "average aesthetics" is learnt from."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from piaa_lightning.data.batches import Examples
from piaa_lightning.data.datasets.image_dataset import ImageDataset
from piaa_lightning.data.datasets.targets import average_scores
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError


class AverageScores(ImageDataset[Examples]):
    """Every image of a part with its average score, see `targets.average_scores`.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.

    Raises:
        UserError: there is no score, or all scores are equal.
    """

    def __init__(self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int) -> None:
        average = average_scores(table, split, part)
        super().__init__(np.flatnonzero(np.isfinite(average)), inputs, seed)
        self.scores = torch.from_numpy(average[self.images])
        if len(self) < 2 or self.scores.min() == self.scores.max():
            raise UserError(
                f"{table.database}: its {len(self)} images of the {part} part have no differing average scores, so"
                " there is nothing to learn; choose another task or database."
            )

    def collect(self, inputs: Any, items: Indices) -> Examples:
        """Put images and scores together."""
        return Examples(inputs, self.scores[torch.from_numpy(items)])
