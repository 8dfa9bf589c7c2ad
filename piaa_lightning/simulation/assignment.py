"""Assign images to users: exact numbers per user and per image, otherwise at random, no pair twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def quotas(rng: np.random.Generator, users: int, total: int, least: int, most: int, variation: float) -> Indices:
    """Draw how many images each user rates, ``(users,)``, adding up to ``total``.

    Args:
        rng: random numbers.
        users: how many users.
        total: ratings in all.
        least: nobody rates fewer.
        most: nobody rates more.
        variation: how unequal users are: 0 all alike, 1 exponential.
    """
    shares = rng.gamma(1 / max(variation, 1e-3) ** 2, size=users)
    count = np.full(users, least, dtype=np.int64)
    for _ in range(users):  # what exceeds somebody's maximum goes to the others
        open_places = np.where(count < most, shares, 0)
        missing = total - int(count.sum())
        if missing <= 0 or not open_places.any():
            break
        extra = np.floor(missing * open_places / open_places.sum()).astype(np.int64)
        if not extra.any():
            extra[np.argsort(-open_places)[:missing]] = 1
        count = np.minimum(count + extra, most)
    return count


def deal(rng: np.random.Generator, per_user: Indices, per_image: Indices) -> tuple[Indices, Indices]:
    """Deal images to users so that both counts hold exactly and no user gets an image twice.

    Shuffles one card per rating, then swaps the user of every repeated pair with a random card's until none is left.

    Args:
        rng: random numbers.
        per_user: ``(users,)`` ratings by each user.
        per_image: ``(images,)`` ratings of each image, with the same sum.

    Returns:
        ``(ratings,)`` indices of users and of images.
    """
    if per_user.sum() != per_image.sum():
        raise ValueError(f"{per_user.sum()} ratings by people, {per_image.sum()} of pictures")
    user = rng.permutation(np.repeat(np.arange(len(per_user)), per_user))
    image = np.repeat(np.arange(len(per_image)), per_image)
    while True:
        pair = image * len(per_user) + user
        order = np.argsort(pair, kind="stable")
        repeated = order[1:][pair[order][1:] == pair[order][:-1]]
        if not len(repeated):
            return user, image
        for card in repeated:
            other = int(rng.integers(len(user)))
            user[card], user[other] = user[other], user[card]
