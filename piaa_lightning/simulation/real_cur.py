"""The embedded REAL-CUR: personal albums whose directories are the owners' scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.assignment import quotas
from piaa_lightning.simulation.jpegs import Job, write_images
from piaa_lightning.simulation.latent import draw_image, stream
from piaa_lightning.simulation.population import (
    Floats,
    Indices,
    draw_users,
    expected_rating,
    features,
    rate,
    thresholds,
)
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "real_cur"
LEVELS = range(1, 6)
OVERLAP = 3  # cameras number alike: an album's numbers begin a third of an album after the album's before


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        albums: users, an album each.
        photos: in all albums together.
        least: in the smallest album.
        most: in the largest album.
        long_side: pixels.
    """

    albums: int
    photos: int
    least: int
    most: int
    long_side: int


LAYOUTS = {
    "tiny": Layout(10, 300, 24, 36, 72),
    "demo": Layout(14, 2800, 150, 250, 112),
    "full": Layout(14, 2800, 150, 250, 500),
}


@dataclass(frozen=True)
class Albums:
    """Everything but the images; the images of an album follow each other.

    Args:
        owner: ``(photos,)`` index of a user.
        score: ``(photos,)`` 1..5.
        truth: ``(photos,)`` what the owner would answer on average, between 1 and 5.
    """

    owner: Indices
    score: Indices
    truth: Floats


def simulate(size: str, seed: int) -> Albums:
    """Let simulated users rate images of their own.

    Args:
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout = LAYOUTS[size]
    users = draw_users(stream(seed, NAME, "people"), layout.albums)
    count = quotas(stream(seed, NAME, "sizes"), layout.albums, layout.photos, layout.least, layout.most, 0.5)
    owner = np.repeat(np.arange(layout.albums), count)
    table = features([draw_image(seed, NAME, number) for number in track(range(layout.photos), f"rate {NAME}")])
    taste = np.einsum("pf,pf->p", table, users.weights[owner])
    liked, noise = users.bias[owner] + users.spread[owner] * taste, users.noise[owner]
    score = rate(stream(seed, NAME, "noise"), liked, noise, thresholds())
    return Albums(owner, score, expected_rating(liked, noise, thresholds()))


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``: albums, and a little of what other users' directories hold besides.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout, data = LAYOUTS[size], simulate(size, seed)
    album = [f"album{number:02d}" for number in range(1, layout.albums + 1)]
    for name in album:
        for level in LEVELS:
            (root / name / str(level)).mkdir(parents=True)
    place = np.arange(layout.photos) - np.searchsorted(data.owner, data.owner)  # within the album
    number = 1000 + data.owner * (layout.least // OVERLAP) + place
    jobs: list[Job] = []
    truth = []
    for photo, (owner, score) in enumerate(zip(data.owner, data.score, strict=True)):
        name = f"IMG_{number[photo]}.JPG"
        jobs.append((photo, f"{album[owner]}/{score}/{name}"))
        truth.append((album[owner], f"{album[owner]}/{name}", float(data.truth[photo])))
    jobs += [_rated_twice(jobs, data.score), (0, f"{album[0]}/cover.jpg")]
    write_truth(root, truth)
    write_lines(root / album[0] / "Thumbs.db", [""])
    write_note(root, "REAL-CUR", "`<album>/<score>/` holds the pictures that the album's owner gave that score.")
    write_images(root, seed, NAME, layout.long_side, jobs)


def _rated_twice(jobs: list[Job], score: Indices) -> Job:
    """One image once more, at a score above its own."""
    photo = int(np.argmax(score < max(LEVELS)))
    album, level, name = jobs[photo][1].split("/")
    return photo, f"{album}/{int(level) + 1}/{name}"


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].photos + 2, LAYOUTS[size].long_side
