"""Draws that depend on ids and the seed alone, never on the order of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Ids, Indices, RatingTable
from piaa_lightning.errors import UserError


def shuffled(ids: Ids, among: Indices, purpose: str, seed: int) -> Indices:
    """Return ``among`` in a random order that is fixed by the seed, the purpose and each one's own id.

    The order of two ids stays the same whatever other ids there are.

    Args:
        ids: what ``among`` are indices of.
        among: the candidates.
        purpose: draws for different purposes are independent.
        seed: any whole number.
    """
    keys = [hashlib.sha256(f"{seed}\n{purpose}\n{name}".encode()).digest() for name in ids[among].tolist()]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return among[np.array(order, dtype=np.int64)]


def drawn(ids: Ids, among: Indices, count: int, purpose: str, seed: int) -> Indices:
    """Return ``count`` of ``among``, drawn as `shuffled` does, sorted."""
    return np.sort(shuffled(ids, among, purpose, seed)[:count])


def amount(wish: float, total: int, what: str) -> int:
    """Turn a share below 1, or a count from 1, into a count; a share above 0 gives at least one.

    Args:
        wish: the share of ``total``, in [0, 1), or a whole number from 1.
        total: how many there are.
        what: the setting's name, for errors.

    Raises:
        UserError: negative, or neither a share nor a whole number.
    """
    if wish < 0 or (wish >= 1 and wish != int(wish)):
        raise UserError(f"{what}={wish:g} is neither a share in 0..1 nor a whole number; correct it.")
    if wish >= 1:
        return int(wish)
    return max(1, round(wish * total)) if wish > 0 else 0


def held_out_images(
    table: RatingTable, wish: float | str | Sequence[str], among: Indices, what: str, seed: int
) -> Indices:
    """Return the sorted images to hold out: a random share or number, or official lists.

    Args:
        table: the ratings.
        wish: a share of all images in [0, 1), a count, or one or several names of ``table.image_lists``.
        among: the images that may be taken.
        what: the setting's name, for errors; draws under different names are independent.
        seed: of the draw.

    Raises:
        UserError: no such list, or too few images.
    """
    if isinstance(wish, int | float):
        count = amount(wish, table.images, what)
        if count > len(among):
            raise UserError(
                f"{table.database}: {what}={wish:g} asks for {count} images and {len(among)} are left; lower it."
            )
        return drawn(table.image_ids, among, count, what, seed)
    lists = [wish] if isinstance(wish, str) else list(wish)
    absent = [name for name in lists if name not in table.image_lists]
    if absent:
        has = ", ".join(sorted(table.image_lists)) or "none"
        raise UserError(
            f"{table.database} has no list of images {absent[0]} for {what} (it has {has}); choose a share."
        )
    chosen = np.unique(np.concatenate([table.image_lists[name] for name in lists])) if lists else among[:0]
    return np.intersect1d(chosen, among).astype(np.int64)


def members(mask: NDArray[np.bool_]) -> Indices:
    """Return the sorted indices where the mask is true."""
    return np.flatnonzero(mask).astype(np.int64)


def others(total: int, *taken: Indices) -> Indices:
    """Return the sorted indices below ``total`` that were not taken."""
    left = np.ones(total, dtype=bool)
    for indices in taken:
        left[indices] = False
    return members(left)


def ratings_on(table: RatingTable, images: Indices) -> Indices:
    """Count every user's ratings of some images, ``(users,)``."""
    rated = np.isin(table.image, images)
    return np.bincount(table.user[rated], minlength=table.users).astype(np.int64)


def need_ratings(table: RatingTable, rule: str) -> None:
    """Stop where a database has no individual ratings.

    Raises:
        UserError: nobody rated anything.
    """
    if not table.ratings:
        raise UserError(
            f"{table.database} has no ratings of single users, which the split {rule} needs; use ava or random_images."
        )
