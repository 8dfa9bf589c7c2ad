"""FLICKR-AES: hold out the 37 workers that research on it holds out, and every image they rated."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits.draw import drawn, members, need_ratings, others, ratings_on, shuffled
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError

LISTED = "flickr_aes_test_workers.sha256"
FALLBACK_USERS = 37  # as many as in the published split
FALLBACK_RATINGS = (80, 240)  # around the 112-180 that the listed workers gave
FEWEST_VAL_RATINGS = 20  # fewer cannot be cut into ten shots and a query set
SMALLEST_SHARE = 4  # validation takes at most a quarter of the training users ..
IMAGE_SHARE = 3  # .. and a third of the images that no test user rated


def flickr_aes(
    table: RatingTable,
    val_users: int = 17,
    val_ratings_per_user: int = 150,
    test_workers: str | Path | None = None,
    seed: int = 0,
) -> Split:
    """Hold out the published test workers, and validation users among the others.

    Source: Ren et al., ICCV 2017: 173 training and 37 test workers; the list was never published, the one in use is
    known by the SHA-256 of its worker ids. Test images are all that a test worker rated, training images all that
    none rated. Where not every listed worker is found, 37 users with 80 to 240 ratings are drawn instead.

    NOTE: the papers validate on nobody. Here validation users are drawn from the training users, and the images
    they are evaluated on are withheld from everybody's training.

    Args:
        table: FLICKR-AES.
        val_users: validation users; at most a quarter of the training users are taken.
        val_ratings_per_user: images drawn for each of them; together at most a third of the images that no test
            user rated.
        test_workers: a file with one SHA-256 (hex, of the UTF-8 worker id) per line; None is the list in use.
        seed: of all draws.

    Raises:
        UserError: the list cannot be read, or too few users or images are left.
    """
    need_ratings(table, "flickr_aes")
    test, origin = _test_users(table, test_workers, seed)
    test_images = np.unique(table.image[np.isin(table.user, test)])
    free = others(table.images, test_images)
    training = others(table.users, test)
    if not len(training) or not len(free):
        raise UserError(f"{table.database}: {origin} leave nobody or nothing to learn from; add users or images.")
    val = _val_users(table, training, free, val_users, seed)
    val_images = _val_images(table, val, free, val_ratings_per_user, seed)
    return Split(
        description=f"{origin}; {len(val)} validation users and {len(val_images)} images, seed {seed}",
        train_users=others(table.users, test, val),
        val_users=val,
        test_users=test,
        train_images=others(table.images, test_images, val_images),
        val_images=val_images,
        test_images=test_images,
    ).check(table)


def _test_users(table: RatingTable, path: str | Path | None, seed: int) -> tuple[Indices, str]:
    listed = _read_list(path)
    found = members(np.array([hashlib.sha256(name.encode()).hexdigest() in listed for name in table.user_ids.tolist()]))
    if len(found) == len(listed):
        return found, f"the {len(found)} listed test workers"
    low, high = FALLBACK_RATINGS
    count = np.bincount(table.user, minlength=table.users)
    candidates = members((count >= low) & (count <= high))
    if not len(candidates):
        raise UserError(
            f"{table.database}: {len(found)} of {len(listed)} listed test workers are there, and nobody has {low} to"
            f" {high} ratings to stand in for them; use the split users_and_images."
        )
    chosen = drawn(table.user_ids, candidates, FALLBACK_USERS, "test users", seed)
    return chosen, (
        f"NOT the published test workers ({len(found)} of {len(listed)} are there):"
        f" {len(chosen)} users with {low} to {high} ratings drawn instead"
    )


def _read_list(path: str | Path | None) -> set[str]:
    if path is None:
        text = resources.files("piaa_lightning.data").joinpath(LISTED).read_text("utf-8")
    else:
        try:
            text = Path(path).expanduser().read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(
                f"The list of test workers {path} cannot be read ({error}); correct test_workers."
            ) from None
    listed = set(text.lower().split())
    if not listed or any(len(line) != 64 or set(line) - set("0123456789abcdef") for line in listed):
        raise UserError(f"The list of test workers {path} must hold one SHA-256 in 64 hex digits per line; correct it.")
    return listed


def _val_users(table: RatingTable, training: Indices, free: Indices, count: int, seed: int) -> Indices:
    if count < 0:
        raise UserError(f"val_users={count} is negative; give a number of users from 0.")
    enough = training[ratings_on(table, free)[training] >= FEWEST_VAL_RATINGS]
    count = min(count, len(training) // SMALLEST_SHARE)
    if count > len(enough):
        raise UserError(
            f"{table.database}: {len(enough)} training users have {FEWEST_VAL_RATINGS} ratings of images that no"
            f" test user rated; set val_users to that or less."
        )
    return drawn(table.user_ids, enough, count, "validation users", seed)


def _val_images(table: RatingTable, val: Indices, free: Indices, per_user: int, seed: int) -> Indices:
    if per_user < 1:
        raise UserError(f"val_ratings_per_user={per_user} must be at least 1; for no validation set val_users=0.")
    if not len(val):
        return val
    per_user = min(per_user, max(1, len(free) // IMAGE_SHARE // len(val)))
    chosen = []
    for user in val:
        rated = np.intersect1d(table.image[table.user == user], free)
        order = shuffled(table.image_ids, rated, f"validation images of {table.user_ids[user]}", seed)
        chosen.append(order[:per_user])
    return np.unique(np.concatenate(chosen))
