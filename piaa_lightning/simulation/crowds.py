"""Many people who share pictures: who rates which, and what they think of it, for every layout with single ratings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.assignment import quotas
from piaa_lightning.simulation.latent import Latent, picture, stream
from piaa_lightning.simulation.population import (
    Floats,
    Indices,
    People,
    draw_people,
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
        people: people.
        pictures: pictures, rated equally often.
        ratings: by all people.
        least: nobody rates fewer pictures.
        variation: how unequal people are: 0 all alike, 1 exponential.
        long_side: pixels of a picture's longer side.
    """

    people: int
    pictures: int
    ratings: int
    least: int
    variation: float
    long_side: int


@dataclass(frozen=True)
class Crowd:
    """People, pictures, and a rating for each of many pairs.

    Args:
        people: the people.
        latents: the pictures before they are drawn.
        user: ``(ratings,)`` index into people; the ratings of a person follow each other.
        image: ``(ratings,)`` index into pictures.
        level: ``(ratings,)`` 0, 1, .. up to the number of steps.
        truth: ``(ratings,)`` the mean level of infinitely many ratings of the picture by the person.
    """

    people: People
    latents: list[Latent]
    user: Indices
    image: Indices
    level: Indices
    truth: Floats


def gather(database: str, seed: int, amount: Amount, steps: Floats) -> Crowd:
    """Let the population rate pictures.

    Args:
        database: its name.
        seed: of everything.
        amount: how much is rated.
        steps: ``(levels - 1,)`` likings at which the rating steps up, ascending.
    """
    people = draw_people(stream(seed, database, "people"), amount.people)
    latents = [picture(seed, database, number) for number in range(amount.pictures)]
    user, image = _share_out(stream(seed, database, "assignment"), amount)
    table, rng = features(latents), stream(seed, database, "noise")
    levels, truths = [], []
    for start in track(range(0, len(user), CHUNK), f"rate {database}"):
        rows = slice(start, start + CHUNK)
        liked, noise = liking(people, table, user[rows], image[rows]), people.noise[user[rows]]
        levels.append(rate(rng, liked, noise, steps) - 1)
        truths.append(expected_rating(liked, noise, steps) - 1)
    return Crowd(people, latents, user, image, np.concatenate(levels), np.concatenate(truths))


def even_steps(levels: int, middle: float, per_unit: float) -> Floats:
    """Likings at which ratings 0, 1, .. ``levels - 1`` step up, when a rating is ``middle + per_unit * liking``."""
    return np.asarray((np.arange(levels - 1) + 0.5 - middle) / per_unit)


def _share_out(rng: np.random.Generator, amount: Amount) -> tuple[Indices, Indices]:
    """Give each person as many pictures as is theirs, every picture equally often, none twice to one person.

    Whoever rates most chooses first, and everybody takes the pictures with most places left, ties at random: where any
    sharing exists, this finds one (Gale 1957), however dense.
    """
    quota = quotas(rng, amount.people, amount.ratings, amount.least, amount.pictures, amount.variation)
    places = np.full(amount.pictures, amount.ratings // amount.pictures)
    places[rng.permutation(amount.pictures)[: amount.ratings % amount.pictures]] += 1
    chosen: list[Indices] = [np.zeros(0, dtype=np.int64)] * amount.people
    for person in np.argsort(-quota, kind="stable"):
        order = np.lexsort((rng.random(amount.pictures), -places))
        chosen[person] = order[: quota[person]]
        places[chosen[person]] -= 1
    return np.repeat(np.arange(amount.people), quota), np.concatenate(chosen)
