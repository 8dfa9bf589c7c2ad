"""PARA: hold out the official list of images, and users among those who rated much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits.draw import amount, drawn, held_out_images, members, need_ratings, others, ratings_on
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError


def para(
    table: RatingTable,
    test_users: float = 0.1,
    val_users: float = 0.1,
    test_images: float | str | Sequence[str] = "giaa_test",
    val_images: float | str | Sequence[str] = 0.1,
    min_user_ratings: int = 160,
    min_ratings: int = 20,
    seed: int = 0,
) -> Split:
    """Hold out images, and users with at least 160 ratings; training is the rest of both.

    Source: Yang et al., "Personalized Image Aesthetics Assessment with Rich Attributes", CVPR 2022, publishes lists of
    28,220 training and 3,000 test images for generic aesthetics, and none of users.

    NOTE: users are drawn here, and evaluated on the official test images, so that a generic model that learnt from the
    official training images has seen none of them.

    Args:
        table: PARA, or any ratings in which users share images.
        test_users: share of all users in [0, 1), or how many; papers hold out 40 of PARA's 438.
        val_users: likewise, drawn from the others.
        test_images: an official list, a share of all images in [0, 1), or how many.
        val_images: likewise, from the other images.
        min_user_ratings: ratings in all that a held-out user must have given.
        min_ratings: ratings that a test (validation) user must have given to test (validation) images.
        seed: of all draws.

    Raises:
        UserError: no such list, or too few users or images for what is asked.
    """
    need_ratings(table, "para")
    everything = others(table.images)
    held_test = held_out_images(table, test_images, everything, "test_images", seed)
    held_val = held_out_images(table, val_images, others(table.images, held_test), "val_images", seed)
    kept = others(table.images, held_test, held_val)
    frequent = members(np.bincount(table.user, minlength=table.users) >= min_user_ratings)
    parts: dict[str, Indices] = {}
    for part, wish, images in (("test", test_users, held_test), ("val", val_users, held_val)):
        count = amount(wish, table.users, f"{part}_users")
        able = np.setdiff1d(frequent[ratings_on(table, images)[frequent] >= min_ratings], parts.get("test", []))
        if count > len(able):
            raise UserError(
                f"{table.database}: {part}_users={wish:g} asks for {count} users and {len(able)} gave"
                f" {min_user_ratings} ratings, {min_ratings} of them to the {len(images)} {part} images; lower"
                f" {part}_users, min_user_ratings or min_ratings, or raise {part}_images."
            )
        parts[part] = drawn(table.user_ids, able.astype(np.int64), count, f"{part}_users", seed)
    train = others(table.users, *parts.values())
    if not ratings_on(table, kept)[train].any():
        raise UserError(
            f"{table.database}: nobody who is not held out rated any of the {len(kept)} training images; hold out"
            " fewer users or images."
        )
    return Split(
        description=(
            f"{len(parts['test'])} test and {len(parts['val'])} validation users of the {len(frequent)} with"
            f" {min_user_ratings} ratings, on {len(held_test)} (test_images={test_images}) and {len(held_val)} images"
            f" withheld of {table.images}, seed {seed}"
        ),
        train_users=train,
        val_users=parts["val"],
        test_users=parts["test"],
        train_images=kept,
        val_images=held_val,
        test_images=held_test,
    ).check(table)
