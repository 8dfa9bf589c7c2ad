from pathlib import Path

import numpy as np
import pytest

from piaa_lightning.data.ratings import RatingTable, Scale


@pytest.fixture
def make_table():
    """Build a table of 1..5 ratings from ``(user, image, score)`` triples and file names."""

    def make(rows, files=("a.jpg", "b.jpg", "c.jpg", "d.jpg"), database="mine", root=Path("nowhere"), **more):
        user, image, score = np.array(rows, dtype=np.float64).reshape(-1, 3).T
        scale = more.pop("scale", Scale(1, 5))
        return RatingTable(
            database=database,
            root=root,
            image_ids=np.array(files, dtype=np.str_),
            image_files=np.array(files, dtype=np.str_),
            user_ids=np.array([f"u{n}" for n in range(int(user.max(initial=-1)) + 1)], dtype=np.str_),
            user=user.astype(np.int64),
            image=image.astype(np.int64),
            score=scale.to_unit(score),
            scale=scale,
            **more,
        )

    return make
