"""The embedded FLICKR-AES: individual ratings 1..5, a few users of whom are set aside as test users."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.simulation.assignment import Indices, deal, quotas
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import draw_image, stream
from piaa_lightning.simulation.population import (
    Floats,
    draw_users,
    expected_rating,
    features,
    liking,
    rate,
    thresholds,
)
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "flickr_aes"
RATINGS = "FLICKR-AES_image_labeled_by_each_worker.csv"
SCORES = "FLICKR-AES_image_score.txt"
FOLDER = "40K"
AMT_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
RATERS_BESIDES = 4  # training users who rate a test user's image: with that user five, as in FLICKR-AES


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        training_users: users with more than 240 ratings.
        test_users: users with 112 to 180 ratings, as the real test users have.
        test_ratings: by all test users, less one pair that is there twice.
        test_images: rated by test users; a few by two of them.
        training_images: rated by training users only.
        training_ratings: of the training images.
        long_side: pixels.
    """

    training_users: int
    test_users: int
    test_ratings: int
    test_images: int
    training_images: int
    training_ratings: int
    long_side: int

    @property
    def images(self) -> int:
        """Number of images."""
        return self.test_images + self.training_images


LAYOUTS = {
    "tiny": Layout(24, 6, 684, 676, 640, 3200, 72),
    "demo": Layout(173, 37, 5138, 4977, 8000, 40000, 112),
    "full": Layout(173, 37, 5138, 4977, 36011, 168161, 500),
}


@dataclass(frozen=True)
class Ratings:
    """Everything but the images; test users and the images they rated come first.

    Args:
        user: ``(ratings,)`` index of a user.
        image: ``(ratings,)`` number of an image.
        score: ``(ratings,)`` 1..5.
        truth: ``(ratings,)`` what the user would answer on average, between 1 and 5.
    """

    user: Indices
    image: Indices
    score: Indices
    truth: Floats


def simulate(size: str, seed: int) -> Ratings:
    """Let the simulated users rate the images.

    Args:
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout = LAYOUTS[size]
    user, image = _who_rates_what(layout, stream(seed, NAME, "assignment"))
    users = draw_users(stream(seed, NAME, "people"), layout.test_users + layout.training_users)
    table = features([draw_image(seed, NAME, number) for number in range(layout.images)])
    liked, noise = liking(users, table, user, image), users.noise[user]
    score = rate(stream(seed, NAME, "noise"), liked, noise, thresholds())
    return Ratings(user, image, score, expected_rating(liked, noise, thresholds()))


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout = LAYOUTS[size]
    data = simulate(size, seed)
    names = image_names(seed, layout.images)
    workers = worker_names(stream(seed, NAME, "names"), layout.test_users + layout.training_users)
    rows = list(zip(workers[data.user], names[data.image], data.score, data.truth, strict=True))
    rows.append(rows[int(np.flatnonzero(data.user < layout.test_users)[0])])  # one repeated pair, as in the original
    rows.sort(key=lambda row: row[0])  # the original lists worker after worker
    write_lines(root / RATINGS, ["worker, imagePair, score", *(f"{w},{i},{s}" for w, i, s, _ in rows)])
    write_truth(root, ((worker, image, liked) for worker, image, _, liked in rows))
    mean = (np.bincount(data.image, data.score) / np.bincount(data.image) - 1) / 4
    write_lines(root / SCORES, [f" {name} {value:.6g}" for name, value in zip(names, mean, strict=True)])
    write_note(root, "FLICKR-AES", f"`{RATINGS}` holds worker, image and a score from 1 to 5.")
    (root / FOLDER).mkdir()
    jobs = [(number, f"{FOLDER}/{name}") for number, name in enumerate(names)]
    write_images(root, seed, NAME, layout.long_side, jobs)


def image_names(seed: int, count: int) -> NDArray[np.str_]:
    """File names as Flickr gave them: ``farm<F>_<server>_<photo id>_<secret>.jpg``, some with ``_b``."""
    rng = stream(seed, NAME, "files")
    farms = rng.integers(1, 10, count)
    servers = rng.integers(2, 9000, count)
    photos = rng.choice(9 * 10**9, count, replace=False) + 10**9
    secrets = rng.integers(16**10, size=count)
    large = np.where(rng.random(count) < 0.3, "_b", "")
    parts = zip(farms, servers, photos, secrets, large, strict=True)
    return np.array([f"farm{f}_{s}_{p}_{secret:010x}{b}.jpg" for f, s, p, secret, b in parts])


def worker_names(rng: np.random.Generator, count: int) -> NDArray[np.str_]:
    """Ids that look like those of Amazon Mechanical Turk: A and 12 or 13 capitals and digits."""
    letters = np.array(list(AMT_LETTERS))
    names: dict[str, None] = {}
    while len(names) < count:
        names["A" + "".join(rng.choice(letters, int(rng.integers(12, 14))))] = None
    return np.array(list(names))


def _who_rates_what(layout: Layout, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Users (test users first) and images (test images first) of every rating."""
    test_quota = quotas(rng, layout.test_users, layout.test_ratings, 112, 179, 0.7)
    twice = np.ones(layout.test_images, dtype=np.int64)
    twice[: layout.test_ratings - layout.test_images] = 2
    test_user, test_image = deal(rng, test_quota, rng.permutation(twice))
    besides = np.full(layout.test_images, RATERS_BESIDES)
    alone = np.full(layout.training_images, layout.training_ratings // layout.training_images)
    alone[: layout.training_ratings - int(alone.sum())] += 1
    per_image = np.concatenate([besides, rng.permutation(alone)])
    training_quota = quotas(rng, layout.training_users, int(per_image.sum()), 241, len(per_image), 0.5)
    user, image = deal(rng, training_quota, per_image)
    return np.concatenate([test_user, user + layout.test_users]), np.concatenate([test_image, image])


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].images, LAYOUTS[size].long_side
