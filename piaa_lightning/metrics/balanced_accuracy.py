"""Accuracy with good and bad images balanced.

Seven in ten of AVA's images are above its threshold, so calling all of them good is 70 % accurate; the balanced
accuracy of that is one half.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from piaa_lightning.metrics.accuracy import sides
from piaa_lightning.metrics.registry import Metric, register


def balanced_accuracy(
    prediction: ArrayLike, target: ArrayLike, threshold: float = 0.5, predicted_threshold: float | None = None
) -> float:
    """Mean of the two recalls: of images that are truly above the threshold, and of images that are not.

    Args:
        prediction: ``(images,)`` predicted mean scores in [0, 1].
        target: ``(images,)`` true mean scores in [0, 1].
        threshold: of the scores, in [0, 1].
        predicted_threshold: as in `accuracy`.

    Returns:
        A value in [0, 1]; NaN where no image, or none on one side, is truly there: a recall of nothing is undefined,
        and the other side's alone would be another measure. A prediction that is always on one side has .5.

    Raises:
        ValueError: a NaN on either side, or shapes that differ.
    """
    predicted, true = sides(prediction, target, threshold, predicted_threshold)
    if true.all() or not true.any():
        return float("nan")
    return float((predicted[true].mean() + (~predicted[~true]).mean()) / 2)


register(Metric("balanced_acc", "bal. ACC", balanced_accuracy, "threshold", ("image",), bounds=(0, 1), compared=False))
