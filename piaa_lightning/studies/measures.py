"""What networks are compared by, as functions of drawn pictures or people."""

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


def of_pictures(function: Callable[..., float]) -> Measure:
    """Turn a function of predictions, scores, cut and the predictions' own cut into a measure of drawn pictures."""

    def measure(lines: Lines) -> OfDrawn:
        predicted, scores = (np.array([float(line[key]) for line in lines]) for key in ("predicted", "score"))
        cut, own = (float(lines[0][key]) for key in ("cut", "predicted_cut"))
        return lambda drawn: function(predicted[drawn], scores[drawn], cut, own)

    return measure


def distance(lines: Lines) -> OfDrawn:
    """Mean EMD with r=1 of drawn pictures."""
    values = np.array([float(line["emd_r1"]) for line in lines])
    return lambda drawn: float(values[drawn].mean())


def trait_srocc(lines: Lines) -> OfDrawn:
    """Mean over traits of the SROCC over drawn people."""
    traits = list(dict.fromkeys(line["trait"] for line in lines))
    arrays = [
        tuple(np.array([float(line[key]) for line in lines if line["trait"] == name]) for key in ("predicted", "value"))
        for name in traits
    ]
    return lambda drawn: statistics.fmean(srocc(predicted[drawn], value[drawn]) for predicted, value in arrays)


PICTURES: dict[str, Measure] = {
    "ACC": of_pictures(accuracy),
    "SROCC": of_pictures(lambda predicted, scores, *cuts: srocc(predicted, scores)),
    "EMD r=1": distance,
}
