"""How well the average taste is predicted, over a set of images."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from piaa_lightning.metrics.accuracy import accuracy, balanced_accuracy
from piaa_lightning.metrics.emd import emd_r1, emd_r2
from piaa_lightning.metrics.rows import RowMetric
from piaa_lightning.metrics.srocc import plcc, srocc


class ImageMetrics(RowMetric):
    """ACC, balanced ACC, SROCC and PLCC of mean scores and, where distributions are given, EMD with r=1 and r=2.

    An image counts once: rows that a sampler repeats to give every process the same number change nothing. After
    ``compute``, ``images_counted`` is the number of images.

    Args:
        threshold: between good and bad, in [0, 1]; AVA's 5 on 1..10 is 4/9.
        bins: of the distributions; 0 where none are given, and there is no EMD then.
        kwargs: torchmetrics' own settings.
    """

    def __init__(self, threshold: float = 0.5, bins: int = 0, **kwargs: Any) -> None:
        votes = {"predicted_distributions": (bins,), "distributions": (bins,)} if bins else {}
        super().__init__({"images": None, "predictions": (), "targets": (), **votes}, **kwargs)
        self.threshold = threshold
        self.bins = bins
        self.images_counted = 0

    def update(
        self,
        images: Tensor,
        predictions: Tensor,
        targets: Tensor,
        predicted_distributions: Tensor | None = None,
        distributions: Tensor | None = None,
    ) -> None:
        """Add a batch.

        Args:
            images: ``(batch,)`` whole numbers that name the images.
            predictions: ``(batch,)`` predicted mean scores in [0, 1].
            targets: ``(batch,)`` true mean scores in [0, 1].
            predicted_distributions: ``(batch, bins)`` shares from the worst bin to the best, where ``bins`` is not 0.
            distributions: ``(batch, bins)`` shares from the worst bin to the best, where ``bins`` is not 0.

        Raises:
            ValueError: lengths that differ, or distributions that are absent or not asked for.
        """
        votes = {"predicted_distributions": predicted_distributions, "distributions": distributions}
        given = {name: values for name, values in votes.items() if values is not None}
        if len(given) != (2 if self.bins else 0):
            raise ValueError(f"{len(given)} of 2 distributions given to metrics with bins={self.bins}")
        self.add(images=images, predictions=predictions, targets=targets, **given)

    def compute(self) -> dict[str, Tensor]:
        """Return ``acc, balanced_acc, srocc, plcc`` and, with bins, ``emd_r1, emd_r2``.

        NaN where a measure is undefined: without images; a balanced accuracy where all images are truly on one
        side; a correlation with constant targets. A correlation of constant predictions is 0.

        Raises:
            ValueError: a prediction or a target is NaN, or a row is no distribution.
        """
        rows = self.rows(once="images")
        prediction, target = rows["predictions"], rows["targets"]
        values = {
            "acc": accuracy(prediction, target, self.threshold),
            "balanced_acc": balanced_accuracy(prediction, target, self.threshold),
            "srocc": srocc(prediction, target),
            "plcc": plcc(prediction, target),
        }
        if self.bins:
            predicted, true = rows["predicted_distributions"], rows["distributions"]
            values |= {"emd_r1": emd_r1(predicted, true), "emd_r2": emd_r2(predicted, true)}
        self.images_counted = len(target)
        return {name: torch.tensor(value, device=self.device) for name, value in values.items()}
