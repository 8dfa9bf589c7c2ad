"""PARA's split: an official list of images, and users who rated much."""

from __future__ import annotations

import numpy as np
import pytest
from rating_tables import numbered, table_of

from piaa_lightning.data import splits
from piaa_lightning.errors import UserError

IMAGES = [f"i{n:03}" for n in range(200)]


def make(counts, test=range(0, 200, 4)):
    """Users who rated the first so many images each; every fourth image is in the official test list."""
    user = np.repeat(np.arange(len(counts)), counts)
    image = np.concatenate([np.arange(count) for count in counts])
    lists = {} if test is None else {"giaa_test": np.array(test)}
    return table_of(user, image, [0.5] * len(user), numbered("u", len(counts), 2), IMAGES, image_lists=lists)


def test_held_out_users_rated_much_and_test_images_are_the_official_ones():
    table = make([159] * 6 + [160, 170, 180, 200])
    split = splits.para(table, test_users=2, val_users=2, val_images=50, min_ratings=5)
    held = np.concatenate([split.test_users, split.val_users])
    assert sorted(held.tolist()) == [6, 7, 8, 9]
    assert split.train_users.tolist() == list(range(6))  # who rated less is learnt from
    assert split.test_images.tolist() == list(range(0, 200, 4))
    assert len(split.val_images) == 50
    assert len(split.train_images) == 100
    rated = [np.sum(split.test_images < count) for count in np.array([160, 170, 180, 200])[split.test_users - 6]]
    assert np.bincount(table.user[split.rows(table, "test")])[split.test_users].tolist() == rated
    assert split.description.startswith("2 test and 2 validation users of the 4 with 160 ratings, on 50 (test")


def test_another_threshold_and_another_seed():
    table = make([100] * 20 + [50] * 5)
    options = {"min_user_ratings": 100, "min_ratings": 1, "test_users": 5, "val_users": 5}
    first, again, other = (splits.para(table, **options, seed=seed) for seed in (0, 0, 1))
    assert max(first.test_users.max(), first.val_users.max()) < 20
    assert first.hash(table) == again.hash(table) != other.hash(table)


@pytest.mark.parametrize(
    ("table", "options", "sentence"),
    [
        (make([159] * 10), {}, "test_users=0.1 asks for 1 users and 0 gave 160 ratings, 20 of them"),
        (make([200] * 10, test=None), {}, "has no list of images giaa_test .* choose a share"),
        (make([200] * 2), {"test_users": 1, "val_users": 1, "min_ratings": 1}, "nobody who is not held out rated any"),
        (make([200] * 10), {"min_ratings": 51}, "0 gave 160 ratings, 51 of them to the 50 test images"),
    ],
)
def test_mistakes(table, options, sentence):
    with pytest.raises(UserError, match=sentence):
        splits.para(table, **options)
