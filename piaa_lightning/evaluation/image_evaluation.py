"""How a network or an estimator evaluates images for everybody: accuracy, rank correlation and distance, as on AVA."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.resampling import Indices, interval, paired_interval
from piaa_lightning.evaluation.statistics import holm
from piaa_lightning.metrics.registry import Metric, usual

Floats = NDArray[np.float64]
OfDrawn = Callable[[Indices], float]  # of the numbers of the images drawn


@dataclass(frozen=True)
class ImageEvaluation:
    """What one network or estimator said about a database's test images.

    Args:
        method: its label.
        backbone: the network underneath.
        database: what was read, for instance ``ava, embedded demo``.
        image_ids: ``(images,)``.
        scores: ``(images,)`` true averages in [0, 1].
        predicted: ``(images,)`` predicted averages in [0, 1], or other values where ``predicted_threshold`` is given.
        votes: ``(images, bins)`` true distributions; None where there are none or the network predicts none.
        predicted_votes: likewise, predicted.
        threshold: between good and bad images, in [0, 1].
        predicted_threshold: of the predictions, where they are no scores; None takes ``threshold``.
        ordered: whether predictions have an order; where they are classes they have none.
    """

    method: str
    backbone: str
    database: str
    image_ids: NDArray[np.str_]
    scores: Floats
    predicted: Floats
    votes: Floats | None = None
    predicted_votes: Floats | None = None
    threshold: float = 0.5
    predicted_threshold: float | None = None
    ordered: bool = True

    @property
    def has_distributions(self) -> bool:
        """Whether distributions of votes are known and were predicted."""
        return self.votes is not None and self.predicted_votes is not None

    def of_each(self, metric: Metric) -> Floats | None:
        """Return a metric of distributions for each image, ``(images,)``; None where these are not known.

        Args:
            metric: one that needs distributions.
        """
        if metric.needs != "distributions" or self.votes is None or self.predicted_votes is None:
            return None
        return np.asarray(metric.function(self.predicted_votes, self.votes), dtype=np.float64)

    def of_drawn(self, metric: Metric) -> OfDrawn | None:
        """Return a metric as a function of the numbers of the images drawn; None where what it needs is not known."""
        if metric.needs == "distributions":
            values = self.of_each(metric)
            return None if values is None else lambda drawn: float(values[drawn].mean())
        return of_predictions(
            metric, self.predicted, self.scores, self.threshold, self.predicted_threshold, ordered=self.ordered
        )

    def row(self, metrics: Sequence[Metric] | None = None) -> dict[str, Any]:
        """Return the line of the result table, with 95 % bootstrap intervals over images of what is compared.

        A metric is None where it is not defined, or what it needs is not known.

        Args:
            metrics: of images, see `metrics.registry`; None takes the usual ones.
        """
        every = np.arange(len(self.scores))
        found = [(metric, self.of_drawn(metric)) for metric in metrics or usual("image")]
        values = {metric.name: None if of is None else of(every) for metric, of in found}
        return {
            "method": self.method,
            "backbone": self.backbone,
            "evaluated_on": self.database,
            **{name: None if value is None or np.isnan(value) else value for name, value in values.items()},
            **{
                f"{metric.name}_ci95": interval(of, len(self.scores))
                for metric, of in found
                if metric.compared and of is not None
            },
            "images": len(self.scores),
        }

    def lines(self, metrics: Sequence[Metric] | None = None) -> list[dict[str, Any]]:
        """Return one line per image, from which everything can be recomputed.

        Args:
            metrics: of images; those of distributions have a column. None takes the usual ones.
        """
        of_votes = [metric for metric in metrics or usual("image") if metric.needs == "distributions"]
        distances = {metric.name: self.of_each(metric) for metric in of_votes}
        return [
            {
                "method": self.method,
                "backbone": self.backbone,
                "image": str(self.image_ids[index]),
                "score": float(self.scores[index]),
                "predicted": float(self.predicted[index]),
                "threshold": self.threshold,
                "predicted_threshold": self.threshold if self.predicted_threshold is None else self.predicted_threshold,
                **{name: "" if values is None else float(values[index]) for name, values in distances.items()},
            }
            for index in range(len(self.scores))
        ]


def of_predictions(
    metric: Metric,
    predicted: Floats,
    scores: Floats,
    threshold: float,
    predicted_threshold: float | None,
    ordered: bool = True,
) -> OfDrawn | None:
    """Return a metric that needs no distributions as a function of the numbers of the images drawn.

    Args:
        metric: of images.
        predicted: ``(images,)``.
        scores: ``(images,)`` in [0, 1].
        threshold: between good and bad images, in [0, 1].
        predicted_threshold: of the predictions, where they are no scores.
        ordered: whether predictions have an order.

    Returns:
        None where the metric needs an order or scores, and the predictions have or are none.
    """
    if metric.needs == "threshold":
        return lambda drawn: float(metric.function(predicted[drawn], scores[drawn], threshold, predicted_threshold))
    if not ordered or (metric.needs == "scores" and predicted_threshold is not None):
        return None
    return lambda drawn: float(metric.function(predicted[drawn], scores[drawn]))


def compare_images(
    a: ImageEvaluation, b: ImageEvaluation, metrics: Sequence[Metric] | None = None
) -> list[dict[str, Any]]:
    """Compare two networks on the same images, paired: ACC and, where both have them, SROCC and EMD r=1.

    Args:
        a: an evaluation.
        b: the evaluation that it is compared with.
        metrics: of images, of which those that are for comparing are taken; None takes the usual ones.

    Raises:
        UserError: they were evaluated on other images.
    """
    if not np.array_equal(a.image_ids, b.image_ids):
        raise UserError(f"{a.method} and {b.method} were evaluated on different images; evaluate both on one database.")
    found = []
    for metric in metrics or usual("image"):
        ours, theirs = (a.of_drawn(metric), b.of_drawn(metric)) if metric.compared else (None, None)
        if ours is not None and theirs is not None:

            def difference(drawn: Indices, ours: OfDrawn = ours, theirs: OfDrawn = theirs) -> float:
                return ours(drawn) - theirs(drawn)

            count = len(a.scores)
            found.append(comparison(a, b, metric, "images", count, paired_interval(difference, count)))
    return found


def quoted_together(comparisons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fill in Holm's correction of comparisons over images, for each measure over all that were compared by it.

    Args:
        comparisons: lines of `compare_images`; those of one measure stand for one question about many methods.

    Returns:
        The same lines, with ``p_holm`` where more than one has the measure.
    """
    corrected = [dict(line) for line in comparisons]
    for measure in dict.fromkeys(line["measure"] for line in corrected):
        own = [line for line in corrected if line["measure"] == measure]
        if len(own) > 1:
            for line, p in zip(own, holm([line["p"] for line in own]), strict=True):
                line["p_holm"] = p
    return corrected


def comparison(
    a: Any,
    b: Any,
    metric: Metric,
    unit: str,
    count: int,
    found: tuple[float, tuple[float, float], float],
    measure: str | None = None,
) -> dict[str, Any]:
    """Return one line of the summary's comparisons.

    Args:
        a: an evaluation.
        b: the evaluation that it is compared with.
        metric: what they are compared by.
        unit: what was drawn anew, ``images`` or ``users``.
        count: how many of them there are.
        found: what `paired_interval` returned.
        measure: what is compared, in words; None takes the metric's label.
    """
    difference, interval, p = found
    names = {"a": a.method, "b": b.method, "backbone_a": a.backbone, "backbone_b": b.backbone}
    told = {**names, "metric": metric.name, "measure": measure or metric.label}
    return {**told, "difference": difference, "ci95": interval, "p": p, unit: count}
