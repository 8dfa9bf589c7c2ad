"""Features of photographs by the networks of a model, and a generic score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class PhotoFeatures:
    """Features of some images.

    Args:
        values: ``(images, features)`` pooled features of all networks, in the order of the model's list; float16 where
            they were kept, float32 where gradients pass.
        score: ``(images,)`` of the network that was taught what people in general like, in [0, 1]; 0 where the list has
            none.
    """

    values: Tensor
    score: Tensor

    @classmethod
    def nothing(cls, features: int) -> PhotoFeatures:
        """Return those of no image."""
        return cls(torch.empty(0, features, dtype=torch.float16), torch.empty(0))

    @classmethod
    def joined(cls, parts: Sequence[PhotoFeatures]) -> PhotoFeatures:
        """Put those of several lists of images one after the other."""
        return cls(torch.cat([part.values for part in parts]), torch.cat([part.score for part in parts]))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, numbers: Sequence[int] | Tensor | slice) -> PhotoFeatures:
        """Return those of some of the images."""
        if not isinstance(numbers, slice):
            numbers = torch.as_tensor(numbers, dtype=torch.int64)
        return PhotoFeatures(self.values[numbers], self.score[numbers])
