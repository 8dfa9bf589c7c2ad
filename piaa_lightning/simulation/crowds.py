"""Many users who share images: who rates which, and what they think of it, for every layout with single ratings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.assignment import quotas
from piaa_lightning.simulation.latent import Latent, draw_image, stream
from piaa_lightning.simulation.population import (
    Floats,
    Indices,
    Users,
    draw_users,
    expected_rating,
    features,
    liking,
    rate,
)

CHUNK = 65536  # answers drawn together, for bounded memory


@dataclass(frozen=True)
class Amount:
    """How much a crowd rates.

    Args:
        users: users.
        images: images, rated equally often.
        ratings: by all users.
        least: nobody rates fewer images.
        variation: how unequal users are: 0 all alike, 1 exponential.
        long_side: pixels of an image's longer side.
    """

    users: int
    images: int
    ratings: int
    least: int
    variation: float
    long_side: int


@dataclass(frozen=True)
class Crowd:
    """Users, images, and a rating for each of many pairs.

    Args:
        users: the users.
        latents: the images before they are drawn.
        user: ``(ratings,)`` index into users; the ratings of a user follow each other.
        image: ``(ratings,)`` index into images.
        level: ``(ratings,)`` 0, 1, .. up to the number of steps.
        truth: ``(ratings,)`` the mean level of infinitely many ratings of the image by the user.
    """

    users: Users
    latents: list[Latent]
    user: Indices
    image: Indices
    level: Indices
    truth: Floats


def gather(database: str, seed: int, amount: Amount, steps: Floats) -> Crowd:
    """Let the population rate images.

    Args:
        database: its name.
        seed: of everything.
        amount: how much is rated.
        steps: ``(levels - 1,)`` likings at which the rating steps up, ascending.
    """
    users = draw_users(stream(seed, database, "people"), amount.users)
    latents = [draw_image(seed, database, number) for number in range(amount.images)]
    user, image = _share_out(stream(seed, database, "assignment"), amount)
    table, rng = features(latents), stream(seed, database, "noise")
    levels, truths = [], []
    for start in track(range(0, len(user), CHUNK), f"rate {database}"):
        rows = slice(start, start + CHUNK)
        liked, noise = liking(users, table, user[rows], image[rows]), users.noise[user[rows]]
        levels.append(rate(rng, liked, noise, steps) - 1)
        truths.append(expected_rating(liked, noise, steps) - 1)
    return Crowd(users, latents, user, image, np.concatenate(levels), np.concatenate(truths))


def even_steps(levels: int, middle: float, per_unit: float) -> Floats:
    """Likings at which ratings 0, 1, .. ``levels - 1`` step up, when a rating is ``middle + per_unit * liking``."""
    return np.asarray((np.arange(levels - 1) + 0.5 - middle) / per_unit)


def _share_out(rng: np.random.Generator, amount: Amount) -> tuple[Indices, Indices]:
    """Give each user as many images as is theirs, every image equally often, none twice to one user.

    Whoever rates most chooses first, and everybody takes the images with most places left, ties at random: where any
    sharing exists, this finds one (Gale 1957), however dense.
    """
    quota = quotas(rng, amount.users, amount.ratings, amount.least, amount.images, amount.variation)
    places = np.full(amount.images, amount.ratings // amount.images)
    places[rng.permutation(amount.images)[: amount.ratings % amount.images]] += 1
    chosen: list[Indices] = [np.zeros(0, dtype=np.int64)] * amount.users
    for user in np.argsort(-quota, kind="stable"):
        order = np.lexsort((rng.random(amount.images), -places))
        chosen[user] = order[: quota[user]]
        places[chosen[user]] -= 1
    return np.repeat(np.arange(amount.users), quota), np.concatenate(chosen)
