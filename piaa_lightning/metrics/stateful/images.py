"""Metrics of average scores over a set of images, for several processes."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from piaa_lightning.metrics import registry
from piaa_lightning.metrics.registry import Metric
from piaa_lightning.metrics.stateful.rows import RowMetric


class ImageMetrics(RowMetric):
    """The usual metrics of images: those of mean scores and, where distributions are given, EMD with r=1 and r=2.

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
        """Return the usual metrics by name, ``acc, balanced_acc, srocc, plcc`` and, with bins, ``emd_r1, emd_r2``.

        NaN where a metric is undefined: without images; a balanced accuracy where all images are truly on one
        side; a correlation with constant targets. A correlation of constant predictions is 0.

        Raises:
            ValueError: a prediction or a target is NaN, or a row is no distribution.
        """
        rows = self.rows(once="images")
        self.images_counted = len(rows["targets"])
        usual = [metric for metric in registry.usual("image") if self.bins or metric.needs != "distributions"]
        return {metric.name: torch.tensor(self._value(metric, rows), device=self.device) for metric in usual}

    def _value(self, metric: Metric, rows: dict[str, NDArray[Any]]) -> float:
        if metric.needs == "distributions":
            values = metric.function(rows["predicted_distributions"], rows["distributions"])
            return float(values.mean()) if len(values) else float("nan")
        threshold = (self.threshold, None) if metric.needs == "threshold" else ()
        return float(metric.function(rows["predictions"], rows["targets"], *threshold))
