"""Base of datasets of labelled images: some images carry labels beside their score, others do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from piaa_lightning.data.batches import Labelled
from piaa_lightning.data.datasets.image_dataset import ImageDataset
from piaa_lightning.data.datasets.targets import average_scores
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import MissingLabelsError


class LabelledImages(ImageDataset[Labelled]):
    """Images of a part with their labels and scores, NaN where one is not known.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images.
        inputs: where images come from.
        seed: of the run.
        labels: ``(images, labels)`` of all images, in [-1, 1], NaN where there is none.
        what: labels are, for errors.
        only_labelled: leave out images that have a score and no label.
        scored: whether scores are told; False leaves all NaN, so that labels alone are learnt.

    Raises:
        UserError: no image of the part has any label.
    """

    def __init__(
        self,
        table: RatingTable,
        split: Split,
        part: Part,
        inputs: Inputs,
        seed: int,
        labels: Scores,
        what: str,
        only_labelled: bool = True,
        scored: bool = True,
    ) -> None:
        scores = average_scores(table, split, part) if scored else np.full(table.images, np.nan, dtype=np.float32)
        of_part = np.zeros(table.images, dtype=bool)
        of_part[split.images(part)] = True
        labelled = of_part & np.isfinite(labels).any(axis=1)
        if not labelled.any():
            raise MissingLabelsError(
                f"{table.database}: no image of the {part} part has {what}; hold out fewer images."
            )
        served = labelled if only_labelled else labelled | (of_part & np.isfinite(scores))
        super().__init__(np.flatnonzero(served), inputs, seed)
        self.attributes = torch.from_numpy(labels[self.images])
        self.scores = torch.from_numpy(scores[self.images])

    def collect(self, inputs: Any, items: Indices) -> Labelled:
        """Put images, scores and labels together."""
        chosen = torch.from_numpy(items)
        return Labelled(inputs, self.scores[chosen], self.attributes[chosen], torch.from_numpy(self.images[items]))
