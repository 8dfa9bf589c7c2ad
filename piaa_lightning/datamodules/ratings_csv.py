"""Anybody's own ratings: the LightningDataModule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piaa_lightning.data import splits
from piaa_lightning.data.readers import ratings_csv
from piaa_lightning.datamodules.ratings_module import DatabaseSource, RatingsDataModule, Reader


class RatingsCSV(RatingsDataModule):
    """Ratings of your own: ``ratings.csv`` with the columns user, image and score beside a directory ``images/``.

    Held out: a fifth of the users for test and as many for validation, 40 % and a fifth of the images.

    Args:
        root: the directory that everything else is relative to.
        ratings: the csv of ratings, one a line.
        images: the directory that the names of images are relative to.
        columns: what the columns user, image and score are called, where they differ.
        scale: worst and best score possible; None takes the least and the greatest of the file.
        users: a csv of users; its numeric columns become traits.
        images_table: a csv of images.
        image_group: a column of that table; its values become lists for ``split={"test_images": "column=value"}``.
        options: the arguments of `RatingsDataModule`.

    Example:
        >>> from piaa_lightning import RatingsCSV
        >>> RatingsCSV("nowhere", scale=(1, 5)).table
        Traceback (most recent call last):
        piaa_lightning.errors.ArgumentNotFoundError: root: nowhere is not a directory; set the root to the unpacked \
copy of the database.
    """

    SOURCE = DatabaseSource("ratings_csv", read=ratings_csv.read, hold_out=splits.users_and_images)

    def __init__(
        self,
        root: Any = None,
        size: str = "demo",
        *,
        ratings: str = "ratings.csv",
        images: str = "images",
        columns: Mapping[str, str] | None = None,
        scale: Sequence[float] | None = None,
        users: str | None = None,
        images_table: str | None = None,
        image_group: str | None = None,
        reader: Mapping[str, Any] | Reader | None = None,
        **options: Any,
    ) -> None:
        if reader is None or isinstance(reader, Mapping):
            reader = {
                "ratings": ratings,
                "images": images,
                "columns": columns,
                "scale": scale,
                "users": users,
                "images_table": images_table,
                "image_group": image_group,
                **(reader or {}),
            }
        super().__init__(root, size, reader=reader, **options)
