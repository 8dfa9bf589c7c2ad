"""Is an image good or bad: the share of images on the right side of a threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from piaa_lightning.errors import NaNPredictionsError
from piaa_lightning.metrics.registry import Metric, register

ROUNDING = 1e-6  # of a score in [0, 1] that was stored in single precision


def is_good(values: ArrayLike, threshold: float) -> NDArray[np.bool_]:
    """Say which values are above a threshold by more than single precision's rounding.

    Args:
        values: ``(images,)``.
        threshold: what a good image is above.
    """
    return np.asarray(np.asarray(values, dtype=np.float64) - threshold > ROUNDING)


def accuracy(
    prediction: ArrayLike, target: ArrayLike, threshold: float = 0.5, predicted_threshold: float | None = None
) -> float:
    """Share of images whose predicted and true score lie on the same side of a threshold.

    Source: AVA's protocol (Murray et al., CVPR 2012): an image is good when its mean vote is *above* 5, else bad.

    NOTE: scores are in [0, 1], where AVA's threshold of 5 on 1..10 is 4/9 (.5 is a vote of 5.5). Above means by more
    than 1e-6, because single precision stores 4/9 a little too high and a mean of exactly 5 is not above 5.

    Args:
        prediction: ``(images,)`` predicted mean scores in [0, 1], or other values where ``predicted_threshold`` is
            given.
        target: ``(images,)`` true mean scores in [0, 1].
        threshold: of the scores, in [0, 1].
        predicted_threshold: of the predictions, where they are no scores: .5 for a probability of being good. None
            takes ``threshold``.

    Returns:
        A value in [0, 1]; NaN without an image.

    Raises:
        ValueError: a NaN on either side, or shapes that differ.

    Example:
        >>> accuracy([0.9, 0.2, 0.6], [0.8, 0.7, 0.51])
        0.6666666666666666
    """
    predicted, true = sides(prediction, target, threshold, predicted_threshold)
    return float((predicted == true).mean()) if len(true) else float("nan")


def sides(
    prediction: ArrayLike, target: ArrayLike, threshold: float, predicted_threshold: float | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which predictions and which targets are above their thresholds; the arguments are those of `accuracy`."""
    predicted, true = np.asarray(prediction, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if predicted.ndim != 1 or predicted.shape != true.shape:
        raise ValueError(f"predictions {predicted.shape} and targets {true.shape} must both be (images,)")
    if np.isnan(predicted).any():
        raise NaNPredictionsError(int(np.isnan(predicted).sum()), predicted.size)
    if np.isnan(true).any():
        raise ValueError(f"{int(np.isnan(true).sum())} of {true.size} targets are NaN: they are on no side")
    return is_good(predicted, threshold if predicted_threshold is None else predicted_threshold), is_good(
        true, threshold
    )


register(Metric("acc", "ACC", accuracy, "threshold", ("image",), bounds=(0, 1)))
