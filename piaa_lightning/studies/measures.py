"""What networks are compared by, as functions of drawn images or users."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.metrics.accuracy import accuracy
from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.studies.runs import Lines

Drawn = NDArray[np.int64]
OfDrawn = Callable[[Any], float]
Measure = Callable[[Lines], OfDrawn]


def mean_of(measures: Sequence[OfDrawn]) -> OfDrawn:
    """Turn one measure for each seed into their mean."""
    return lambda drawn: statistics.fmean(measure(drawn) for measure in measures)


def of_images(function: Callable[..., float]) -> Measure:
    """Turn a function of predictions, scores and their thresholds into a measure of drawn images."""

    def measure(lines: Lines) -> OfDrawn:
        predicted, scores = (np.array([float(line[key]) for line in lines]) for key in ("predicted", "score"))
        threshold, own = (float(lines[0][key]) for key in ("threshold", "predicted_threshold"))
        return lambda drawn: function(predicted[drawn], scores[drawn], threshold, own)

    return measure


def distance(lines: Lines) -> OfDrawn:
    """Mean EMD with r=1 of drawn images."""
    values = np.array([float(line["emd_r1"]) for line in lines])
    return lambda drawn: float(values[drawn].mean())


def trait_srocc(lines: Lines) -> OfDrawn:
    """Mean over traits of the SROCC over drawn users."""
    traits = list(dict.fromkeys(line["trait"] for line in lines))
    arrays = [
        tuple(np.array([float(line[key]) for line in lines if line["trait"] == name]) for key in ("predicted", "value"))
        for name in traits
    ]
    return lambda drawn: statistics.fmean(srocc(predicted[drawn], value[drawn]) for predicted, value in arrays)


IMAGES: dict[str, Measure] = {
    "ACC": of_images(accuracy),
    "SROCC": of_images(lambda predicted, scores, *cuts: srocc(predicted, scores)),
    "EMD r=1": distance,
}
