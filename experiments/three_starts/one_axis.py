"""Simulate users whose taste differs on one axis, as ratings of one's own: there is a covariance to learn.

    python experiments/three_starts/one_axis.py DIRECTORY [users=1200] [images=3000] [ratings=200]

All users share the embedded population's common taste. What is personal, as much variance as there, lies on one axis
that images show: colourfulness, which some like and some dislike. Noise, means and spreads are those of the embedded
population. The directory is written once: one that is there already is left as it is.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from piaa_lightning.runtime.files.csv_file import write_csv
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import ATTRIBUTES, draw_image, stream
from piaa_lightning.simulation.population import PERSONAL, draw_users, features, liking, rate, thresholds

NAME = "one_axis"  # the stream of its users and images, which no embedded database has
AXIS = "colourfulness"
SEED = 0
LONG_SIDE = 112  # pixels, as in the embedded databases at size demo
NUMBERS = {"users": 1200, "images": 3000, "ratings": 200}


def main(arguments: list[str]) -> None:
    """Write ``ratings.csv`` and ``images/`` below the directory."""
    root, told = Path(arguments[0]), dict(word.partition("=")[::2] for word in arguments[1:])
    if root.exists():
        print(f"{root} is there already.")
        return
    users, images, ratings = (int(told.get(name, number)) for name, number in NUMBERS.items())
    place = root.with_name(f"{root.name}.partial")
    (place / "images").mkdir(parents=True, exist_ok=True)
    names = [f"{number:05}.jpg" for number in range(images)]
    write_images(place, SEED, NAME, LONG_SIDE, [(number, f"images/{name}") for number, name in enumerate(names)])
    rows = simulated(users, images, ratings)
    write_csv(place / "ratings.csv", ["user", "image", "score"], [(f"u{u:05}", names[i], s) for u, i, s in rows])
    os.rename(place, root)


def simulated(users: int, images: int, ratings: int) -> list[tuple[int, int, int]]:
    """Return user, image and a rating from 1 to 5; every user rates ``ratings`` images, drawn anew for each."""
    table = features([draw_image(SEED, NAME, number) for number in range(images)])
    crowd = draw_users(stream(SEED, NAME, "people"), users)
    axis = np.zeros(table.shape[1])
    axis[ATTRIBUTES.index(AXIS)] = 1  # of unit variance over images, see `features`
    liked = stream(SEED, NAME, "axis").standard_normal((users, 1))
    crowd = replace(crowd, linked=np.zeros_like(crowd.linked), own=np.sqrt(PERSONAL) * liked * axis)
    drawn = stream(SEED, NAME, "assignment")
    image = np.concatenate([drawn.choice(images, ratings, replace=False) for _ in range(users)])
    user = np.repeat(np.arange(users), ratings)
    score = rate(stream(SEED, NAME, "noise"), liking(crowd, table, user, image), crowd.noise[user], thresholds())
    return list(zip(user.tolist(), image.tolist(), score.tolist(), strict=True))


if __name__ == "__main__":
    if len(sys.argv) < 2 or any(word.partition("=")[0] not in NUMBERS for word in sys.argv[2:]):
        sys.exit("one_axis.py: give a DIRECTORY, then users=, images= and ratings= as you like.")
    main(sys.argv[1:])
