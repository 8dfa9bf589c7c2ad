"""The embedded EVA: votes 0..10 with five other grades, separated by ``=``, and what voters told about themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from piaa_lightning.simulation.crowds import Amount, Crowd, even_steps, gather
from piaa_lightning.simulation.graded import Weights, aspect, grade
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import CATEGORIES, attribute_table, draw_image, stream
from piaa_lightning.simulation.population import TRAITS
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "eva"
# The published images' mean scores have the mean 6.12 and the standard deviation 1.02.
LEVELS, MIDDLE, PER_UNIT = 11, 6.1, 1.6
COLUMNS = "image_id=user_id=score=difficulty=visual=composition=quality=semantic=vote_time=1=2=3=4"
USERS_COLUMNS = "id=age=region=photographic_level_id=gender_id=eyecheck"
GRADES: dict[str, Weights] = {  # 1..4
    "visual": {"harmony": 1, "brightness": 0.5},
    "composition": {"thirds": 1, "depth": 0.7},
    "quality": {"contrast": 1, "clutter": -0.5},
    "semantic": {"clutter": -1, "symmetry": 0.3},
}
# Who images more is more open (assumption), on a scale of 1 beginner .. 3 professional; 0 is nobody here.
LEVEL_STEPS = (0.0, 1.2)
EYES, EYE_SHARES = ("", "1", "2", "1,2"), (0.45, 0.48, 0.03, 0.04)  # nothing, glasses, colour blind, both: as published
REGIONS = (156, 250, 380, 840)  # ISO country codes
CATEGORY_NUMBERS = {  # the six categories are numbered without names in the published file
    "animal": 1,
    "city": 2,
    "night": 2,
    "person": 3,
    "sea": 4,
    "mountain": 4,
    "forest": 4,
    "desert": 4,
    "flower": 5,
    "food": 6,
}


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        amount: users, rated images and ratings.
        unrated: further images that nobody rated often enough.
    """

    amount: Amount
    unrated: int


LAYOUTS = {
    "tiny": Layout(Amount(30, 240, 3840, 90, 0.3, 72), 12),
    "demo": Layout(Amount(250, 1500, 49500, 60, 0.5, 112), 100),
    "full": Layout(Amount(1094, 4070, 136942, 30, 0.5, 500), 1031),
}


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``: one image is not on disk, one vote is there twice, one voter unknown.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout, rng = LAYOUTS[size], stream(seed, NAME, "names")
    data = gather(NAME, seed, layout.amount, even_steps(LEVELS, MIDDLE, PER_UNIT))
    count = layout.amount.images + layout.unrated
    ids = [str(number) for number in np.sort(rng.choice(10**6, count, replace=False)) + 1]
    users = [f"E{number}" for number in np.sort(rng.choice(9999, len(data.users), replace=False)) + 1]
    lines = list(_vote_lines(rng, data, users, ids))
    write_lines(root / "data" / "votes_filtered.csv", [COLUMNS, *lines, lines[0]])
    write_lines(root / "data" / "users.csv", [USERS_COLUMNS, *_users_lines(rng, data, users)], "\r\n")
    everything = [*data.latents, *(draw_image(seed, NAME, n) for n in range(layout.amount.images, count))]
    sorts = (f'"{ids[n]}","{CATEGORY_NUMBERS[CATEGORIES[latent.category]]}"' for n, latent in enumerate(everything))
    write_lines(root / "data" / "image_content_category.csv", ['\ufeff"image_id","sort"', *sorts])
    rated = zip(data.user, data.image, data.truth, strict=True)
    write_truth(root, ((users[user], ids[image], value) for user, image, value in rated))
    write_note(root, "EVA", "`data/votes_filtered.csv` holds scores from 0 to 10 and other grades.")
    folder = "images/EVA_together"
    (root / folder).mkdir(parents=True)
    missing = int(rng.integers(layout.amount.images))
    jobs = [(n, f"{folder}/{ids[n]}.jpg") for n in range(count) if n != missing]
    write_images(root, seed, NAME, layout.amount.long_side, jobs)


def _vote_lines(rng: np.random.Generator, data: Crowd, users: list[str], ids: list[str]) -> Iterator[str]:
    attributes, rows = attribute_table(data.latents), len(data.user)
    graded = [grade(rng, aspect(attributes, weights)[data.image], 1, 4) for weights in GRADES.values()]
    said = np.column_stack([rng.integers(1, 5, rows), *graded]).astype(np.int64)  # difficulty first
    seconds = np.exp(2.5 + 0.5 * rng.standard_normal(rows))
    mattered = rng.integers(2, size=(rows, len(GRADES)))  # which of the four grades decided
    for row, (user, image) in enumerate(zip(data.user.tolist(), data.image.tolist(), strict=True)):
        answers = "=".join(map(str, said[row].tolist()))
        flags = "=".join(map(str, mattered[row].tolist()))
        yield f"{ids[image]}={users[user]}={data.level[row]}={answers}={seconds[row]:.1f}={flags}"


def _users_lines(rng: np.random.Generator, data: Crowd, users: list[str]) -> Iterator[str]:
    """Everybody but the last; the column called age holds the year of birth."""
    level = np.searchsorted(LEVEL_STEPS, data.users.traits[:, TRAITS.index("O")]) + 1
    for user, name in enumerate(users[:-1]):
        year, gender = float(rng.integers(1950, 2002)), float(rng.integers(1, 3))
        region, eyes = float(REGIONS[rng.integers(len(REGIONS))]), rng.choice(EYES, p=EYE_SHARES)
        yield f"{name}={year}={region}={float(level[user])}={gender}={eyes}"


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].amount.images + LAYOUTS[size].unrated, LAYOUTS[size].amount.long_side
