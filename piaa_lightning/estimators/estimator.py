"""The interface between the evaluation on images and every system that is fitted without gradient descent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from piaa_lightning.data.datasets.targets import average_scores
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.errors import UserError
from piaa_lightning.metrics.accuracy import is_good

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ImageContext:
    """What every estimator stands on.

    Args:
        table: the database.
        split: which images may be learnt from; test images are nobody's business before they are evaluated.
        inputs: stored images at the size of the run's backbone, or its frozen features.
        device: where networks run.
        threshold: between good and bad images, in [0, 1].
        seed: of the run; keys whatever is drawn.
        cache: directory that keeps features of images between runs.
        model: a trained network whose features are used, None where there is none.
        auxiliary: further trained networks by what they are for, for instance one that predicts attributes.
    """

    table: RatingTable
    split: Split
    inputs: Inputs
    device: torch.device
    threshold: float
    seed: int
    cache: Path
    model: nn.Module | None = None
    auxiliary: Mapping[str, nn.Module] = field(default_factory=dict)

    def scored(self, part: Part) -> tuple[Indices, Floats]:
        """Return the numbers of a part's images that have an average score, and the scores in [0, 1].

        Raises:
            UserError: fewer than two, or all alike.
        """
        average = average_scores(self.table, self.split, part).astype(np.float64)
        images = np.flatnonzero(np.isfinite(average)).astype(np.int64)
        if len(images) < 2 or average[images].min() == average[images].max():
            raise UserError(
                f"{self.table.database}: its {len(images)} images of the {part} part have no differing average"
                " scores, so there is nothing to learn; hold out fewer images."
            )
        return images, average[images]

    def classed(self, part: Part) -> tuple[Indices, NDArray[np.bool_]]:
        """Return the numbers of a part's images that have an average score, and whether each is good.

        Raises:
            UserError: too few, or all on one side of the threshold.
        """
        images, scores = self.scored(part)
        good = is_good(scores, self.threshold)
        if good.all() or not good.any():
            raise UserError(
                f"{self.table.database}: all images of the {part} part are on one side of the threshold; move"
                " data.threshold."
            )
        return images, good


@dataclass(frozen=True)
class Prediction:
    """What an estimator says of images. What it cannot say leaves the columns of the table empty.

    Args:
        values: ``(images,)``, higher is more beautiful: scores in [0, 1], probabilities, a classifier's decision
            values, or bare classes 0 and 1.
        threshold: the value above which an image is called good; None where values are scores, which are good above
            the database's threshold (``context.threshold``).
        ordered: whether values order the images; False for bare classes, which have no rank correlation.
        votes: ``(images, bins)`` predicted distributions, None where there are none (no EMD).
    """

    values: Floats
    threshold: float | None = None
    ordered: bool = True
    votes: Floats | None = None


class Estimator(ABC):
    """Fitted once to the training part of a database; then evaluates any image of it by its number."""

    @abstractmethod
    def fit(self, context: ImageContext) -> None:
        """Learn from training images, and choose settings on validation images alone.

        Raises:
            UserError: what this estimator needs is not there.
        """

    @abstractmethod
    def predict(self, images: Indices) -> Prediction:
        """Evaluate images.

        Args:
            images: ``(images,)`` numbers of the images in the table.
        """
