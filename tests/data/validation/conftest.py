from pathlib import Path

import numpy as np
import pytest
from rating_tables import numbered, table_of

from piaa_lightning.data.ratings import Scale


@pytest.fixture
def make_table():
    """Build a table of 1..5 ratings from ``(user, image, score)`` triples and file names."""

    def make(rows, files=("a.jpg", "b.jpg", "c.jpg", "d.jpg"), database="mine", root=Path("nowhere"), **more):
        user, image, score = np.array(rows, dtype=np.float64).reshape(-1, 3).T
        scale = more.pop("scale", Scale(1, 5))
        users = numbered("u", int(user.max(initial=-1)) + 1, 1)
        known = {"database": database, "root": root, "scale": scale, **more}
        return table_of(user, image, scale.to_unit(score), users, files, **known)

    return make
