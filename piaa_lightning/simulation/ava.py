"""The embedded AVA: histograms of votes 1..10 from about 210 users an image, tags, challenges and image lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.ava_names import CATEGORY_TAGS, LISTED_TAGS, STYLES, TAGS
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import ATTRIBUTES, CATEGORIES, attribute_table, draw_image, stream
from piaa_lightning.simulation.population import Floats, Indices, Users, draw_users, expected_rating, features, rate
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "ava"
VOTERS = 400  # users that an image's votes come from, with replacement
VOTES, VOTES_SPREAD, VOTES_RANGE = 210, 60, (78, 549)  # votes an image, as published: 210 on average, 78 to 549
# A vote is 5.5 + 1.6 * liking, cut to 1..10. About 70 % of AVA's means lie above 5. Means spread more here than AVA's,
# because nobody chose which images to enter for a contest.
MIDDLE, UNIT = 5.5, 1.6
STEPS = (np.arange(1.5, 10) - MIDDLE) / UNIT
STYLE_SHARE = 0.08  # of all images carry each style
PER_CHALLENGE = 176  # images; 255,530 in about 1,450 challenges
CHUNK = 1000  # images whose votes are drawn together, for bounded memory


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        rows: images.
        listed: images in ``generic_test`` and at most in each other generic list.
        per_category: at most so many in each category's lists.
        styled: images with a style, at most.
        long_side: pixels.
    """

    rows: int
    listed: int
    per_category: int
    styled: int
    long_side: int


LAYOUTS = {
    "tiny": Layout(400, 80, 20, 100, 72),
    "demo": Layout(6000, 1000, 200, 1000, 112),
    "full": Layout(255530, 20000, 2500, 14079, 500),
}


@dataclass(frozen=True)
class Labels:
    """Everything but the images, one row per image.

    Args:
        ids: image ids.
        votes: ``(images, 10)`` numbers of votes 1..10.
        truth: mean vote that infinitely many users would give.
        category: index into ``CATEGORIES``.
        attributes: ``(images, attributes)`` in [0, 1].
    """

    ids: Indices
    votes: Indices
    truth: Floats
    category: Indices
    attributes: Floats


def simulate(size: str, seed: int) -> Labels:
    """Let the population vote on the images.

    Args:
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    count = LAYOUTS[size].rows
    voters = draw_users(stream(seed, NAME, "people"), VOTERS)
    votes, truth, category, attributes = [], [], [], []
    for start in track(range(0, count, CHUNK), f"vote on {NAME}"):
        latents = [draw_image(seed, NAME, number) for number in range(start, min(start + CHUNK, count))]
        liked = voters.bias + voters.spread * (features(latents) @ voters.weights.T)
        votes.append(_votes(stream(seed, NAME, "votes", start), voters, liked))
        truth.append(expected_rating(liked, np.broadcast_to(voters.noise, liked.shape), STEPS).mean(axis=1))
        category.append(np.array([latent.category for latent in latents]))
        attributes.append(attribute_table(latents))
    ids = stream(seed, NAME, "ids").choice(10**6, count, replace=False) + 1
    return Labels(ids, *(np.concatenate(part) for part in (votes, truth, category, attributes)))


def _votes(rng: np.random.Generator, voters: Users, liked: Floats) -> Indices:
    """Histograms ``(images, 10)`` for likings ``(images, voters)``."""
    images = len(liked)
    count = np.clip(rng.normal(VOTES, VOTES_SPREAD, images), *VOTES_RANGE).astype(np.int64)
    row = np.repeat(np.arange(images), count)
    voter = rng.integers(len(voters), size=len(row))
    vote = rate(rng, liked[row, voter], voters.noise[voter], STEPS)
    return np.bincount(row * 10 + vote - 1, minlength=10 * images).reshape(images, 10)


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout, labels, rng = LAYOUTS[size], simulate(size, seed), stream(seed, NAME, "lists")
    tags = _tags(rng, labels.category)
    challenges = max(layout.rows // PER_CHALLENGE, 3)
    challenge = rng.integers(1, challenges + 1, layout.rows)
    columns = np.column_stack([np.arange(1, layout.rows + 1), labels.ids, labels.votes, tags, challenge])
    write_lines(root / "AVA.txt", (" ".join(map(str, row)) for row in columns))
    write_lines(root / "tags.txt", (f"{number} {name}" for number, name in enumerate(TAGS, 1)))
    write_lines(root / "challenges.txt", (f"{number} Challenge {number}" for number in range(1, challenges + 1)))
    write_truth(root, (("everyone", f"{name}.jpg", vote) for name, vote in zip(labels.ids, labels.truth, strict=True)))
    _write_aesthetics_lists(root / "aesthetics_image_lists", layout, labels, tags, rng)
    _write_style_lists(root / "style_image_lists", layout, labels, rng)
    write_note(root, "AVA", "`AVA.txt` holds the number of votes from 1 to 10, tags and a challenge of every picture.")
    (root / "images").mkdir()
    jobs = [(number, f"images/{name}.jpg") for number, name in enumerate(labels.ids)]
    write_images(root, seed, NAME, layout.long_side, jobs)


def _tags(rng: np.random.Generator, category: Indices) -> Indices:
    """Two tags of every image, ``(images, 2)``: some have one and few none, written as 0."""
    numbers = np.array([[TAGS.index(tag) + 1 for tag in CATEGORY_TAGS[name]] for name in CATEGORIES])
    tags = numbers[category]
    chance = rng.random(len(tags))
    tags[chance < 0.3, 1] = 0
    tags[chance < 0.03] = 0
    return tags


def _write_aesthetics_lists(
    folder: Path, layout: Layout, labels: Labels, tags: Indices, rng: np.random.Generator
) -> None:
    order = rng.permutation(layout.rows)
    test, rest = order[: layout.listed], order[layout.listed :]
    lists = {
        "generic_test": test,
        "generic_ls_train": rest[: layout.listed],
        "generic_ss_train": rest[: layout.per_category],
    }
    for name, tag in LISTED_TAGS.items():
        tagged = rng.permutation(np.flatnonzero((tags == TAGS.index(tag) + 1).any(axis=1)))
        half = min(len(tagged) // 2, layout.per_category)
        lists |= {f"{name}_train": tagged[:half], f"{name}_test": tagged[half : 2 * half]}
    for name, images in lists.items():
        _write_ids(folder / f"{name}.jpgl", labels.ids[images])


def _write_style_lists(folder: Path, layout: Layout, labels: Labels, rng: np.random.Generator) -> None:
    """Four of five images with exactly one style to train on, the others with all their styles to test on."""
    weights = np.array([[style.get(name, 0.0) for name in ATTRIBUTES] for style in STYLES.values()])
    score = (labels.attributes - 0.5) @ weights.T
    carries = score > np.quantile(score, 1 - STYLE_SHARE, axis=0)
    styled = rng.permutation(np.flatnonzero(carries.any(axis=1)))[: layout.styled]
    test, train = styled[: len(styled) // 5], styled[len(styled) // 5 :]
    train = train[carries[train].sum(axis=1) == 1]
    write_lines(folder / "styles.txt", (f"{number} {name}" for number, name in enumerate(STYLES, 1)))
    _write_ids(folder / "train.jpgl", labels.ids[train])
    write_lines(folder / "train.lab", (str(style + 1) for style in carries[train].argmax(axis=1)))
    _write_ids(folder / "test.jpgl", labels.ids[test])
    write_lines(folder / "test.multilab", (" ".join(map(str, row)) for row in carries[test].astype(int)))


def _write_ids(path: Path, ids: NDArray[np.int64]) -> None:
    write_lines(path, map(str, ids))


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].rows, LAYOUTS[size].long_side
