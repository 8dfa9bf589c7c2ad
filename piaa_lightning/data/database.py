"""The database as a method sees it, whoever opened it."""

from __future__ import annotations

from typing import Protocol

from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split


class Database(Protocol):
    """A database that is open: its ratings, who and what is held out, and its images at any size.

    Every `datamodules.RatingsDataModule` is one.
    """

    @property
    def table(self) -> RatingTable:
        """The ratings."""
        ...

    @property
    def split(self) -> Split:
        """Which users and images are held out for validation and for test."""
        ...

    def inputs_at(self, size: int) -> Inputs:
        """Return the images squashed to ``(3, size, size)``; the same object whenever it is asked for again."""
        ...
