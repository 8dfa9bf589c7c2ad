"""OASIS: the LightningDataModule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piaa_lightning.data import splits
from piaa_lightning.data.readers import ratings_csv
from piaa_lightning.datamodules.ratings_csv import RatingsCSV
from piaa_lightning.datamodules.ratings_module import DatabaseSource, Reader

READER: Mapping[str, Any] = {
    "columns": {"user": "rater", "image": "file", "score": "beauty"},
    "scale": [1, 7],
    "users": "raters.csv",
    "images_table": "images.csv",
    "image_group": "subset",
}


class OASIS(RatingsCSV):
    """OASIS: 900 photographs, 757 users, 170,325 ratings of beauty from 1 to 7. There is no embedded copy.

    Source: Kurdi, Lozano, Banaji, "Introducing the Open Affective Standardized Image Set (OASIS)", Behavior Research
    Methods 2017; the ratings of beauty: Brielmann and Pelli, "Intense beauty requires intense pleasure", Frontiers in
    Psychology 2019. For research.

    Layout: ``ratings.csv``, ``images.csv``, ``raters.csv`` and ``images/``.

    Held out: every user rated one of four sets of 225 images, so that holding out a set holds out its images and all
    its users at once: set 4 for test, set 3 for validation.

    The arguments are those of `RatingsCSV`.
    """

    SOURCE = DatabaseSource(
        "oasis",
        read=ratings_csv.read,
        hold_out=splits.users_and_images,
        split={
            "test_images": "subset=subset4",
            "val_images": "subset=subset3",
            "test_users": 104,
            "val_users": 145,
            "min_ratings": 120,
        },
    )

    def __init__(
        self,
        root: Any = None,
        size: str = "demo",
        *,
        reader: Mapping[str, Any] | Reader | None = None,
        **options: Any,
    ) -> None:
        if reader is None or isinstance(reader, Mapping):
            reader = {**READER, **(reader or {})}
        super().__init__(root, size, reader=reader, **options)
