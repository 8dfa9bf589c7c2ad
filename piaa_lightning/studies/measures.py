"""What networks are compared by, computed again from the csv files of their runs, for drawn images or users."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np

from piaa_lightning.evaluation.comparison.over_seeds import OfDrawn
from piaa_lightning.evaluation.image_evaluation import of_predictions
from piaa_lightning.metrics.registry import Metric
from piaa_lightning.studies.runs import Lines

Measure = Callable[[Metric, Lines], OfDrawn]


def of_images(metric: Metric, lines: Lines) -> OfDrawn:
    """Return a metric of drawn images.

    Args:
        metric: of images; one of distributions has a column of its own.
        lines: of one network's ``images.csv``.

    Raises:
        ValueError: the lines do not hold what the metric needs.
    """
    if metric.needs == "distributions":
        values = np.array([float(line[metric.name]) for line in lines])
        return lambda drawn: float(values[drawn].mean())
    predicted, scores = (np.array([float(line[key]) for line in lines]) for key in ("predicted", "score"))
    threshold, own = (float(lines[0][key]) for key in ("threshold", "predicted_threshold"))
    found = of_predictions(metric, predicted, scores, threshold, None if own == threshold else own)
    if found is None:
        raise ValueError(f"{metric.label} needs predictions in the unit of the scores")
    return found


def of_traits(metric: Metric, lines: Lines) -> OfDrawn:
    """Return the mean over traits of a metric over drawn users.

    Args:
        metric: of traits.
        lines: of one network's ``traits.csv``.
    """
    traits = list(dict.fromkeys(line["trait"] for line in lines))
    arrays = [
        tuple(np.array([float(line[key]) for line in lines if line["trait"] == name]) for key in ("predicted", "value"))
        for name in traits
    ]
    return lambda drawn: statistics.fmean(metric.function(ours[drawn], theirs[drawn]) for ours, theirs in arrays)
