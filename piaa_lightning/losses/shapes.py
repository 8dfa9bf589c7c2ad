"""The one mistake that tensors forgive: shapes that differ are stretched to fit, and the loss is of something else."""

from __future__ import annotations

from torch import Tensor


def same_shape(prediction: Tensor, target: Tensor) -> None:
    """Stop where a prediction and its target would be broadcast, such as ``(batch, 1)`` against ``(batch,)``.

    Args:
        prediction: of any shape.
        target: of the same shape.

    Raises:
        ValueError: the shapes differ.
    """
    if prediction.shape != target.shape:
        raise ValueError(f"prediction {tuple(prediction.shape)} and target {tuple(target.shape)} differ in shape")
