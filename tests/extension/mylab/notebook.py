"""A database: ratings.txt with one line for each rating, ``user image score``, and images/ beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from piaa_lightning import RatingsDataModule, RatingTable, Scale
from piaa_lightning.data import splits
from piaa_lightning.datamodules.ratings_module import DatabaseSource


def read(root, max_missing=0.0):
    """Return the rating table of a directory; no image may be missing."""
    lines = [line.split() for line in (Path(root) / "ratings.txt").read_text().splitlines()]
    users, user = np.unique([line[0] for line in lines], return_inverse=True)
    images, image = np.unique([line[1] for line in lines], return_inverse=True)
    scale = Scale(1, 5)
    return RatingTable(
        database="notebook",
        root=Path(root),
        image_ids=images,
        image_files=np.array([f"images/{name}" for name in images]),
        user_ids=users,
        user=user.astype(np.int64),
        image=image.astype(np.int64),
        score=scale.to_unit(np.array([float(line[2]) for line in lines])),
        scale=scale,
    )


class Notebook(RatingsDataModule):
    """Ratings of a notebook; the arguments are those of `RatingsDataModule`."""

    SOURCE = DatabaseSource(
        "notebook",
        read=read,
        hold_out=splits.users_and_images,
        split={"test_users": 3, "val_users": 2, "test_images": 0.3, "val_images": 0.3, "min_ratings": 20},
    )
