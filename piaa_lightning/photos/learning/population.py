"""What users' tastes have in common, in a form that can be published: numbers that make a process of any folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from piaa_lightning.photos.images.folder_statistics import FolderStatistics
from piaa_lightning.photos.learning.process import Process


class PopulationPrior(ABC):
    """What is expected of anybody, and how people differ.

    Args:
        learnt_from: where it comes from, for the model card.
    """

    kind: str
    learnt_from: str

    @abstractmethod
    def process(self, folder: FolderStatistics) -> Process:
        """Return a user's score of images before any rating.

        Args:
            folder: statistics of the images at hand, pooled with those among which the user has rated.
        """

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return what is published as tensors, by name."""

    @abstractmethod
    def numbers(self) -> Mapping[str, Any]:
        """Return what is published as plain values, by name."""
