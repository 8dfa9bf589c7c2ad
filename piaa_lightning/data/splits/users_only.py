"""Databases in which everybody has images of their own: hold out users, and their images follow."""

from __future__ import annotations

import numpy as np

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits.draw import amount, drawn, need_ratings, others
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError


def users_only(table: RatingTable, test_users: float = 0.2, val_users: float = 0.1, seed: int = 0) -> Split:
    """Hold out users at random, with every image they rated.

    An image that users of several parts share belongs to the test before the validation before the training users.

    Args:
        table: for instance PsychoFlickr, where everybody has favourites of their own.
        test_users: share of all users in [0, 1), or how many.
        val_users: likewise, drawn from the others.
        seed: of both draws.

    Raises:
        UserError: too few users, or nothing is left to learn from.
    """
    need_ratings(table, "users_only")
    test_count = amount(test_users, table.users, "test_users")
    val_count = amount(val_users, table.users, "val_users")
    if test_count + val_count >= table.users:
        raise UserError(
            f"{table.database}: {test_count} test and {val_count} validation users leave none of {table.users} to"
            " learn from; lower test_users or val_users."
        )
    test = drawn(table.user_ids, others(table.users), test_count, "test_users", seed)
    val = drawn(table.user_ids, others(table.users, test), val_count, "val_users", seed)
    test_images = np.unique(table.image[np.isin(table.user, test)])
    val_images = np.setdiff1d(table.image[np.isin(table.user, val)], test_images)
    train_images = others(table.images, test_images, val_images)
    if not len(train_images):
        raise UserError(
            f"{table.database}: the held-out users rated every image, so none is left to learn from; use the split"
            " users_and_images."
        )
    return Split(
        description=f"{len(test)} test and {len(val)} validation users of {table.users}, seed {seed}",
        train_users=others(table.users, test, val),
        val_users=val,
        test_users=test,
        train_images=train_images,
        val_images=val_images,
        test_images=test_images,
    ).check(table)
