"""Images with the distribution of their votes: what AVA is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from piaa_lightning.data.batches import Distributions
from piaa_lightning.data.datasets.image_dataset import ImageDataset
from piaa_lightning.data.datasets.targets import average_scores, distributions
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError


class ScoreDistributions(ImageDataset[Distributions]):
    """Every image of a part with the distribution of its votes, see `targets.distributions`.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.
        bins: of the network's head, from the worst score to the best.

    Raises:
        UserError: the votes have another number of levels or are no distributions, or no image has any.
    """

    def __init__(self, table: RatingTable, split: Split, part: Part, inputs: Inputs, seed: int, bins: int = 10) -> None:
        shares = distributions(table, split, part, bins)
        super().__init__(np.flatnonzero(np.isfinite(shares).all(axis=1)), inputs, seed)
        if not len(self):
            raise UserError(f"{table.database}: no image of the {part} part has votes; hold out fewer images.")
        self.shares = torch.from_numpy(shares[self.images])
        self.scores = torch.from_numpy(average_scores(table, split, part)[self.images])

    def collect(self, inputs: Any, items: Indices) -> Distributions:
        """Put images, distributions and their means together."""
        chosen = torch.from_numpy(items)
        return Distributions(inputs, self.shares[chosen], self.scores[chosen], torch.from_numpy(self.images[items]))
