"""Dense tables: hold out images, then hold out users, so that both are new at test."""

from __future__ import annotations

from collections.abc import Sequence

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits.draw import amount, drawn, held_out_images, need_ratings, others, ratings_on
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError


def users_and_images(
    table: RatingTable,
    test_users: float = 0.2,
    val_users: float = 0.2,
    test_images: float | str | Sequence[str] = 0.4,
    val_images: float | str | Sequence[str] = 0.2,
    min_ratings: int = 20,
    seed: int = 0,
) -> Split:
    """Hold out images, then users who rated enough of them; training is the rest of both.

    Args:
        table: ratings in which users share images.
        test_users: share of all users in [0, 1), or how many.
        val_users: likewise, drawn from the others.
        test_images: share of all images in [0, 1), how many, or named lists such as ``subset=subset4``.
        val_images: likewise, from the other images.
        min_ratings: ratings that a test (validation) user must have given to test (validation) images.
        seed: of all draws.

    Raises:
        UserError: no such list, or too few users or images for what is asked.
    """
    need_ratings(table, "users_and_images")
    everything = others(table.images)
    held_test = held_out_images(table, test_images, everything, "test_images", seed)
    held_val = held_out_images(table, val_images, others(table.images, held_test), "val_images", seed)
    kept = others(table.images, held_test, held_val)
    test = _users(table, test_users, held_test, others(table.users), min_ratings, "test", seed)
    val = _users(table, val_users, held_val, others(table.users, test), min_ratings, "val", seed)
    train = others(table.users, test, val)
    if not ratings_on(table, kept)[train].any():
        raise UserError(
            f"{table.database}: withholding {len(test) + len(val)} of {table.users} users and"
            f" {len(held_test) + len(held_val)} of {table.images} images leaves none to learn from; lower both."
        )
    return Split(
        description=(
            f"{len(test)} test and {len(val)} validation users of {table.users}, on {len(held_test)} and"
            f" {len(held_val)} images withheld of {table.images}, seed {seed}"
        ),
        train_users=train,
        val_users=val,
        test_users=test,
        train_images=kept,
        val_images=held_val,
        test_images=held_test,
    ).check(table)


def _users(
    table: RatingTable, wish: float, images: Indices, among: Indices, min_ratings: int, part: str, seed: int
) -> Indices:
    count = amount(wish, table.users, f"{part}_users")
    able = among[ratings_on(table, images)[among] >= min_ratings]
    if count > len(able):
        raise UserError(
            f"{table.database}: {part}_users={wish:g} asks for {count} users and {len(able)} gave at least"
            f" {min_ratings} ratings to the {len(images)} {part} images; lower {part}_users or min_ratings, or raise"
            f" {part}_images."
        )
    return drawn(table.user_ids, able, count, f"{part}_users", seed)
