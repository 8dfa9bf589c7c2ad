"""Who rates which picture: exact numbers per person and per picture, otherwise at random, no pair twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def quotas(rng: np.random.Generator, people: int, total: int, least: int, most: int, variation: float) -> Indices:
    """Draw how many pictures each person rates, ``(people,)``, adding up to ``total``.

    Args:
        rng: random numbers.
        people: how many people.
        total: ratings in all.
        least: nobody rates fewer.
        most: nobody rates more.
        variation: how unequal people are: 0 all alike, 1 exponential.
    """
    shares = rng.gamma(1 / max(variation, 1e-3) ** 2, size=people)
    count = np.full(people, least, dtype=np.int64)
    for _ in range(people):  # what exceeds somebody's maximum goes to the others
        open_places = np.where(count < most, shares, 0)
        missing = total - int(count.sum())
        if missing <= 0 or not open_places.any():
            break
        extra = np.floor(missing * open_places / open_places.sum()).astype(np.int64)
        if not extra.any():
            extra[np.argsort(-open_places)[:missing]] = 1
        count = np.minimum(count + extra, most)
    return count


def deal(rng: np.random.Generator, per_person: Indices, per_picture: Indices) -> tuple[Indices, Indices]:
    """Deal pictures to people so that both counts hold exactly and no person gets a picture twice.

    Shuffles one card per rating, then swaps the person of every repeated pair with a random card's until none is left.

    Args:
        rng: random numbers.
        per_person: ``(people,)`` ratings by each person.
        per_picture: ``(pictures,)`` ratings of each picture, with the same sum.

    Returns:
        ``(ratings,)`` indices of people and of pictures.
    """
    if per_person.sum() != per_picture.sum():
        raise ValueError(f"{per_person.sum()} ratings by people, {per_picture.sum()} of pictures")
    user = rng.permutation(np.repeat(np.arange(len(per_person)), per_person))
    image = np.repeat(np.arange(len(per_picture)), per_picture)
    while True:
        pair = image * len(per_person) + user
        order = np.argsort(pair, kind="stable")
        repeated = order[1:][pair[order][1:] == pair[order][:-1]]
        if not len(repeated):
            return user, image
        for card in repeated:
            other = int(rng.integers(len(user)))
            user[card], user[other] = user[other], user[card]
