"""Generic aesthetics: hold out images, whoever rated them."""

from __future__ import annotations

from collections.abc import Sequence

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.data.splits.draw import held_out_images, others
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError

OFFICIAL_TEST = "generic_test"


def ava(table: RatingTable, val_images: float | str | Sequence[str] = 0.05, seed: int = 0) -> Split:
    """Hold out AVA's official test list of 20,000 images.

    Source: Murray, Marchesotti, Perronnin, "AVA", CVPR 2012; other papers use splits of their own, so name this one.

    Args:
        table: AVA with its list ``generic_test``.
        val_images: share of all images in [0, 1), how many, or named lists, from the images outside that list.
        seed: of the draw.

    Raises:
        UserError: the list is absent, or too few images are left.
    """
    if not len(table.image_lists.get(OFFICIAL_TEST, ())):
        raise UserError(
            f"{table.database} ({table.root}) has no official list {OFFICIAL_TEST}; complete aesthetics_image_lists,"
            " or use the split random_images."
        )
    return _split(table, OFFICIAL_TEST, val_images, f"AVA's official {OFFICIAL_TEST}", seed)


def random_images(
    table: RatingTable,
    test_images: float | str | Sequence[str] = 0.2,
    val_images: float | str | Sequence[str] = 0.05,
    seed: int = 0,
) -> Split:
    """Hold out images at random, or by lists.

    All users are training users: there are no held-out ratings of single users, only held-out images.

    Args:
        table: any database.
        test_images: share of all images in [0, 1), how many, or named lists.
        val_images: likewise, from the other images.
        seed: of both draws.

    Raises:
        UserError: no such list, or too few images for what is asked.
    """
    return _split(table, test_images, val_images, f"images by test_images={test_images}", seed)


def _split(
    table: RatingTable,
    test_images: float | str | Sequence[str],
    val_images: float | str | Sequence[str],
    origin: str,
    seed: int,
) -> Split:
    everything = others(table.images)
    test = held_out_images(table, test_images, everything, "test_images", seed)
    val = held_out_images(table, val_images, others(table.images, test), "val_images", seed)
    train = others(table.images, test, val)
    if not len(train):
        raise UserError(f"{table.database}: every one of its {table.images} images is held out; hold out less.")
    nobody = everything[:0]
    return Split(
        description=f"{origin}: {len(test)} test and {len(val)} validation images of {table.images}, seed {seed}",
        train_users=others(table.users),
        val_users=nobody,
        test_users=nobody,
        train_images=train,
        val_images=val,
        test_images=test,
    ).check(table)
