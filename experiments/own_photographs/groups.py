"""Measure the groups of photographs of the same: which are found, and what is wrongly joined.

    python experiments/own_photographs/groups.py PHOTOGRAPHS

PHOTOGRAPHS is a directory of photographs of which no two show the same (OASIS's `images`); the thresholds of
``piaa_lightning/photos/images/groups.py`` were chosen on every third of them, and are measured on the others. Of every
twentieth a burst of five is made: the photograph and four copies, turned, cut, lighter or darker, and paler or more
colourful, all within two seconds while all others lie hours apart, or without any time.
Written: ``groups.csv``.
"""

from __future__ import annotations

import sys
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance

from piaa_lightning.photos.images.groups import group_photos
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.built_in import built_in_model
from piaa_lightning.photos.learning.published_model import PublishedModel
from piaa_lightning.runtime.files.csv_file import write_csv

STRENGTHS = (
    0.05,
    0.1,
    0.2,
    0.3,
)  # of how much copies differ: share of the light, half of it of the sides, 10 x degrees
EVERY, COPIES, SIDE, AT_ONCE, LARGE = 20, 4, 600, 16, 20_000
COLUMNS = ("copies differ by", "times", "pairs of the same", "found", "pairs of others", "wrongly joined")


def main(directory: str) -> None:
    """Look at photographs and copies, group them, and count."""
    model = built_in_model()
    networks = list(zip(model.networks.names, model.networks.blocks, strict=True))
    files = [file for number, file in enumerate(sorted(Path(directory).glob("*.jpg"))) if number % 3]
    random = np.random.default_rng(1)
    originals = [shrunk(file) for file in files]
    of_burst = [number for number in range(len(files)) if number % EVERY == 0]
    seen = look(model, originals)
    rows = []
    for strength in STRENGTHS:
        copies = [varied(originals[number], strength, random) for number in of_burst for _ in range(COPIES)]
        both = PhotoFeatures.joined([seen, look(model, copies)])
        shows = np.array([*range(len(files)), *(number for number in of_burst for _ in range(COPIES))])
        names = [f"{number}.jpg" for number in range(len(shows))]
        taken = 3600.0 * shows + random.uniform(0, 2, len(shows))
        for times, told in (("with", taken.tolist()), ("without", [None] * len(shows))):
            group = group_photos(names, both, networks, told)
            same, found, wrong = count(shows, group)
            others = len(shows) * (len(shows) - 1) // 2 - same
            rows.append((strength, times, same, f"{found / same:.3f}", others, wrong))
            print(rows[-1], flush=True)
    write_csv(Path(__file__).parent / "groups.csv", COLUMNS, rows)
    many = PhotoFeatures(both.values[random.integers(0, len(shows), LARGE)].half(), torch.zeros(LARGE))
    started = time.perf_counter()
    group_photos([f"{number}.jpg" for number in range(LARGE)], many, networks, random.uniform(0, 1e6, LARGE).tolist())
    print(f"{LARGE} photographs: {time.perf_counter() - started:.0f} s on {torch.get_num_threads()} threads")


def shrunk(file: Path) -> Image.Image:
    """Return a small copy, which is enough for the networks."""
    image = Image.fromarray(open_photo(file, SIDE // 2).pixels)
    image.thumbnail((SIDE, SIDE))
    return image


def varied(image: Image.Image, strength: float, random: np.random.Generator) -> Image.Image:
    """Return the photograph as the next frame of a burst might be."""
    width, height = image.size
    share = 1 - strength * random.uniform(0.1, 0.5)
    wide, high = int(width * share), int(height * share)
    left, upper = random.integers(0, width - wide + 1), random.integers(0, height - high + 1)
    image = image.rotate(random.uniform(-10, 10) * strength, Image.Resampling.BILINEAR)
    image = image.crop((left, upper, left + wide, upper + high))
    for change in (ImageEnhance.Brightness, ImageEnhance.Color):
        image = change(image).enhance(1 + random.uniform(-1, 1) * strength)
    return image


def look(model: PublishedModel, images: list[Image.Image]) -> PhotoFeatures:
    """Return what the networks see."""
    parts = []
    for start in range(0, len(images), AT_ONCE):
        some = images[start : start + AT_ONCE]
        parts.append(model.networks.look_at_all([model.networks.squares(np.asarray(image)) for image in some]))
    return PhotoFeatures.joined(parts)


def count(shows: np.ndarray, group: np.ndarray) -> tuple[int, int, int]:
    """Return the pairs of the same, those of them that are in one group, and pairs of others that are."""
    same = sum(n * (n - 1) // 2 for n in np.unique(shows, return_counts=True)[1].tolist())
    together = [pair for first in np.unique(group) for pair in combinations(np.flatnonzero(group == first).tolist(), 2)]
    right = sum(shows[one] == shows[other] for one, other in together)
    return same, int(right), len(together) - int(right)


if __name__ == "__main__":
    main(sys.argv[1])
