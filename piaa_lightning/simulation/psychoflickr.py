"""The embedded PsychoFlickr: users' favourite images, a folder each, and their Big Five traits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import draw_image, stream
from piaa_lightning.simulation.population import (
    TRAITS,
    Floats,
    Indices,
    draw_users,
    expected_rating,
    features,
    thresholds,
)
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "psychoflickr"
SEEN = 5  # a favourite is one out of so many images that a user comes across; assumption
# Traits as questionnaires give them: 1..5, mean 3; the spread of .8 is an assumption, as are the correlations with the
# simulated trait: twelve assessors average out more than two questions to oneself do.
TRAIT_MEAN, TRAIT_SPREAD = 3.0, 0.8
ATTRIBUTED_CORRELATION, SELF_CORRELATION = 0.9, 0.75


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        users: users.
        favourites: images of each.
        long_side: pixels.
    """

    users: int
    favourites: int
    long_side: int


# As many users as published already at size demo: traits are evaluated over users, and 20 test users tell nothing.
LAYOUTS = {"tiny": Layout(12, 12, 72), "demo": Layout(300, 40, 112), "full": Layout(300, 200, 500)}


@dataclass(frozen=True)
class Favourites:
    """Everything but the images.

    Args:
        numbers: ``(users, favourites)`` numbers of images.
        truth: ``(users, favourites)`` what the user would rate them on average, 1..5.
        attributed: ``(users, 5)`` traits as others see them, 1..5.
        own: ``(users, 5)`` traits as users see themselves, 1..5 in halves.
    """

    numbers: Indices
    truth: Floats
    attributed: Floats
    own: Floats


def simulate(size: str, seed: int) -> Favourites:
    """Let every simulated user look at images of their own and keep those they like best at the moment.

    Args:
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout = LAYOUTS[size]
    users = draw_users(stream(seed, NAME, "people"), layout.users)
    weights, rng, seen = users.weights, stream(seed, NAME, "choice"), SEEN * layout.favourites
    numbers, truth = [], []
    for user in track(range(layout.users), f"choose favourites of {NAME}"):
        pool = np.arange(user * seen, (user + 1) * seen)
        table = features([draw_image(seed, NAME, int(number)) for number in pool])
        liked = users.bias[user] + users.spread[user] * (table @ weights[user])
        felt = liked + users.noise[user] * rng.standard_normal(seen)
        best = np.sort(np.argsort(-felt)[: layout.favourites])
        noise = np.full(layout.favourites, users.noise[user])
        numbers.append(pool[best])
        truth.append(expected_rating(liked[best], noise, thresholds()))
    attributed = _questionnaire(rng, users.traits, ATTRIBUTED_CORRELATION)
    own = np.round(2 * _questionnaire(rng, users.traits, SELF_CORRELATION)) / 2
    return Favourites(np.array(numbers), np.array(truth), attributed, own)


def _questionnaire(rng: np.random.Generator, traits: Floats, correlation: float) -> Floats:
    error = rng.standard_normal(traits.shape)
    seen = correlation * traits + np.sqrt(1 - correlation**2) * error
    return np.asarray(np.clip(TRAIT_MEAN + TRAIT_SPREAD * seen, 1, 5))


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout, data = LAYOUTS[size], simulate(size, seed)
    rng = stream(seed, NAME, "names")
    users = [f"{number}@N0{rng.integers(10)}" for number in rng.choice(9 * 10**7, layout.users, replace=False) + 10**7]
    photos = (rng.choice(9 * 10**9, data.numbers.size, replace=False) + 10**9).reshape(data.numbers.shape)
    header = [*TRAITS, *(f"self_{trait}" for trait in TRAITS)]
    rows = (
        ",".join([user, *(f"{value:.2f}" for value in attributed), *(f"{value:.1f}" for value in own)])
        for user, attributed, own in zip(users, data.attributed, data.own, strict=True)
    )
    write_lines(root / "traits.csv", [",".join(["user", *header]), *rows])
    jobs, truth = [], []
    for place, user in enumerate(users):
        (root / user).mkdir()
        for number, photo, score in zip(data.numbers[place], photos[place], data.truth[place], strict=True):
            jobs.append((int(number), f"{user}/{photo}.jpg"))
            truth.append((user, f"{user}/{photo}.jpg", float(score)))
    write_truth(root, truth)
    write_note(
        root,
        "PsychoFlickr",
        "`traits.csv` holds each user's Big Five as others see them (O, C, E, A, N) and as users see themselves"
        " (self_O and so on), all on a scale from 1 to 5; every folder holds one user's favourite pictures.",
    )
    write_images(root, seed, NAME, layout.long_side, jobs)


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].users * LAYOUTS[size].favourites, LAYOUTS[size].long_side
