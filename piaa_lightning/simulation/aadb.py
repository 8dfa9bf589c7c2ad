"""The embedded AADB: average scores and 11 attributes, in lists of training, validation and test images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.runtime.progress import track
from piaa_lightning.simulation.graded import Weights, aspect
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import attribute_table, draw_image, stream
from piaa_lightning.simulation.population import Floats, draw_users, expected_rating, features, rate, thresholds
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "aadb"
WORKERS, RATERS = 190, 5  # of whom five rated each image, as published
CHUNK = 1000  # images rated together, for bounded memory
LABELS, IMAGES, NEW_TEST = "imgListFiles_label", "datasetImages_originalSize", "AADB_newtest"
# The authors' attributes, and what of a drawn image comes nearest; nothing drawn moves or truly repeats itself.
ATTRIBUTES: dict[str, Weights] = {
    "BalacingElements": {"symmetry": 1, "thirds": 0.5},
    "ColorHarmony": {"harmony": 1},
    "Content": {"depth": 0.5, "clutter": -1},
    "DoF": {"depth": 1},
    "Light": {"brightness": 1, "contrast": 0.7},
    "MotionBlur": {"depth": 0.5, "contrast": -1},
    "Object": {"depth": 0.6, "thirds": -0.6},
    "Repetition": {"clutter": 1, "symmetry": 0.5},
    "RuleOfThirds": {"thirds": 1},
    "Symmetry": {"symmetry": 1},
    "VividColor": {"colourfulness": 1},
}


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        train: images.
        validation: images.
        test: images of the new test list.
        long_side: pixels.
    """

    train: int
    validation: int
    test: int
    long_side: int

    @property
    def images(self) -> int:
        """Number of images."""
        return self.train + self.validation + self.test


LAYOUTS = {
    "tiny": Layout(220, 30, 50, 72),
    "demo": Layout(1700, 100, 200, 112),
    "full": Layout(8458, 500, 1000, 500),
}


@dataclass(frozen=True)
class Labels:
    """Everything but the images, one row per image: training, validation, then test.

    Args:
        score: mean of five answers, in [0, 1].
        truth: what all users would answer on average, in [0, 1].
        attributes: ``(images, 11)`` mean of five answers -1, 0 or 1.
    """

    score: Floats
    truth: Floats
    attributes: Floats


def simulate(size: str, seed: int) -> Labels:
    """Let five of the simulated users rate every image.

    Args:
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    workers, count = draw_users(stream(seed, NAME, "people"), WORKERS), LAYOUTS[size].images
    scores, truths, said = [], [], []
    for start in track(range(0, count, CHUNK), f"rate {NAME}"):
        rng = stream(seed, NAME, "answers", start)
        latents = [draw_image(seed, NAME, number) for number in range(start, min(start + CHUNK, count))]
        liked = workers.bias + workers.spread * (features(latents) @ workers.weights.T)
        five = rng.random(liked.shape).argsort(axis=1)[:, :RATERS]
        answers = rate(rng, np.take_along_axis(liked, five, axis=1), workers.noise[five], thresholds())
        scores.append((answers.mean(axis=1) - 1) / 4)
        expected = expected_rating(liked, np.broadcast_to(workers.noise, liked.shape), thresholds())
        truths.append((expected.mean(axis=1) - 1) / 4)
        attributes = attribute_table(latents)
        strength = np.column_stack([aspect(attributes, weights) for weights in ATTRIBUTES.values()])
        felt = strength[:, None] + 0.7 * rng.standard_normal((len(latents), RATERS, len(ATTRIBUTES)))
        said.append(np.clip(np.round(felt), -1, 1).mean(axis=1))
    return Labels(np.concatenate(scores), np.concatenate(truths), np.concatenate(said))


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``; the last training image is in the lists and not on disk.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout, labels = LAYOUTS[size], simulate(size, seed)
    names = _image_names(stream(seed, NAME, "files"), layout.images)
    columns = {"score": labels.score, **dict(zip(ATTRIBUTES, labels.attributes.T, strict=True))}
    parts = np.split(np.arange(layout.images), [layout.train, layout.train + layout.validation])
    for infix, members in zip(("Train", "Validation", "TestNew"), parts, strict=True):
        for name, values in columns.items():
            lines = [f"{names[member]} {values[member]:.2f}" for member in members]
            newline = "\r\n" if infix == "Validation" else "\n"
            write_lines(root / LABELS / f"imgList{infix}Regression_{name}.txt", lines, newline)
    # the old test list, which is not to be used: its images are training images
    old = [f"{names[member]} {labels.score[member]:.2f}" for member in parts[0][: layout.validation]]
    write_lines(root / LABELS / "imgListTestRegression_score.txt", old)
    write_truth(root, (("everyone", name, value) for name, value in zip(names, labels.truth, strict=True)))
    write_note(root, "AADB", f"`{LABELS}` holds the average score and 11 attributes of every picture.")
    for folder in (IMAGES, NEW_TEST):
        (root / folder).mkdir()
    missing = layout.train - 1
    jobs = [(n, f"{IMAGES}/{names[n]}") for part in parts[:2] for n in part.tolist() if n != missing]
    jobs += [(n, f"{NEW_TEST}/{labels.score[n]:.3f}_{names[n]}") for n in parts[2].tolist()]
    write_images(root, seed, NAME, layout.long_side, jobs)


def _image_names(rng: np.random.Generator, count: int) -> NDArray[np.str_]:
    """File names as Flickr gave them in 2015: ``farm1_<server>_<photo id>_<secret>_b.jpg``."""
    photos = rng.choice(2 * 10**10, count, replace=False) + 10**9
    parts = zip(rng.integers(2, 1000, count), photos, rng.integers(16**10, size=count), strict=True)
    return np.array([f"farm1_{server}_{photo}_{secret:010x}_b.jpg" for server, photo, secret in parts])


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].images, LAYOUTS[size].long_side
