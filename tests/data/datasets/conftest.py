"""Small tables of ratings, splits of them by hand, and inputs that tell which images are in a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from rating_tables import numbered, table_of

from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits import Split


@pytest.fixture
def make_table():
    def make(ratings: Sequence[tuple[int, int, float]], users: int, images: int, **more) -> RatingTable:
        rows = np.array(ratings, dtype=np.float64).reshape(-1, 3)
        return table_of(*rows.T, numbered("u", users), numbered("p", images), **more)

    return make


@pytest.fixture
def users(make_table):
    """One user per count, who rated that many images with scores of their own."""

    def make(*counts: int, images: int = 200) -> RatingTable:
        random = np.random.default_rng(0)
        rows = [(u, i, random.random()) for u, n in enumerate(counts) for i in random.permutation(images)[:n]]
        return make_table(rows, len(counts), images)

    return make


@pytest.fixture
def make_split():
    """A split from the users and images that are held out; all others are trained on."""

    def make(
        table: RatingTable,
        val_users: Sequence[int] = (),
        test_users: Sequence[int] = (),
        val_images: Sequence[int] = (),
        test_images: Sequence[int] = (),
    ) -> Split:
        parts = [np.array(part, dtype=np.int64) for part in (val_users, test_users, val_images, test_images)]
        users = np.setdiff1d(np.arange(table.users), np.concatenate(parts[:2]))
        images = np.setdiff1d(np.arange(table.images), np.concatenate(parts[2:]))
        return Split("by hand", users, *parts[:2], images, *parts[2:]).check(table)

    return make


@pytest.fixture
def numbers():
    """Inputs that are the images' numbers."""

    def make(images: int) -> Inputs:
        return Inputs(Features(torch.arange(images, dtype=torch.float32)[:, None]))

    return make


@pytest.fixture
def drawn():
    """Inputs of images, 12 pixels wide for training and 8 for evaluation."""

    def make(images: int) -> Inputs:
        stored = np.random.default_rng(0).integers(0, 256, (images, 3, 12, 12), dtype=np.uint8)
        return Inputs(Images(np.ascontiguousarray(stored[..., :8, :8]), {}), Images(stored, {}), 8)

    return make
