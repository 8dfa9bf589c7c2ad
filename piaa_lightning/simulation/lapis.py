"""The embedded LAPIS: ratings 0..100 on a slider, what users told about themselves, and metadata of every work.

The published LAPIS holds artworks; here the same drawn images stand for them, under invented artists and titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.simulation.crowds import Amount, Crowd, even_steps, gather
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import ATTRIBUTES, CATEGORIES, attribute_table, stream
from piaa_lightning.simulation.population import TRAITS
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "lapis"
LEVELS, MIDDLE, PER_UNIT = 101, 52.0, 22.0  # a rating is 52 + 22 * liking, cut to 0..100 (assumption)
COLUMNS = (
    ",image_id,image_filename,rating,response time,participant_id,age,nationality,demo_gender,demo_edu,demo_colorblind,"
    "Art Interest VAIAK,imgs_known,artist,title,genre,style,4_styles,2_styles"
)
TOLD_NOTHING = 0.06  # of users; demographics are blank on 17,254 of the published 283,860 lines
DOUBLED = 3  # ratings that stand there twice
INTEREST_MEAN, INTEREST_SPREAD = 3.0, 1.2  # 0..6; interest in art goes with openness (assumption: correlation .7)
INTEREST_CORRELATION = 0.7
NATIONALITIES = ("belgian", "british", "german", "american")
GENDERS = ("female", "male", "non-binary")
EDUCATION = ("secondary", "bachelor", "master", "doctorate")
ARTISTS = ("René Ébauche", "Zoë Größe", "Inés Peñasco", "Anaïs Façade", "Jan Penseel")  # none of them ever lived
GENRES = {
    "sea": "marina",
    "mountain": "landscape",
    "forest": "landscape",
    "desert": "landscape",
    "city": "cityscape",
    "night": "cityscape",
    "flower": "flower_painting",
    "animal": "animal_painting",
    "person": "portrait",
    "food": "still_life",
}
STYLES = {  # the style of an image is that whose attribute it has most of
    "Baroque": "contrast",
    "Impressionism": "brightness",
    "Expressionism": "colourfulness",
    "Cubism": "clutter",
}
FIGURATIVE = ("Baroque", "Impressionism")


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        amount: users, images and ratings.
        val: images in the official validation list.
        test: images in the official test list.
        missing: images that are not on disk.
        encoding: of the csv files.
    """

    amount: Amount
    val: int
    test: int
    missing: int
    encoding: str


LAYOUTS = {
    "tiny": Layout(Amount(24, 240, 3840, 110, 0.3, 72), 60, 60, 1, "latin-1"),
    "demo": Layout(Amount(96, 2000, 48000, 200, 0.3, 112), 200, 500, 2, "utf-8"),
    "full": Layout(Amount(568, 11723, 283856, 100, 0.3, 500), 1173, 2345, 2, "utf-8"),
}


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``, with accents in names, and the dirt that the published files have.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout, rng = LAYOUTS[size], stream(seed, NAME, "names")
    data = gather(NAME, seed, layout.amount, even_steps(LEVELS, MIDDLE, PER_UNIT))
    count, annotation = len(data.latents), root / "annotation"
    users = [str(number) for number in rng.choice(10**5, len(data.users), replace=False)]
    works = _works(rng, data)
    names = [f"{artist.replace(' ', '-')}_{title}.jpg".lower() for artist, title, *_ in works]
    lines = list(_rating_lines(rng, data, users, names, works))
    nobody = f",0,{names[0]},50,2.0,,,,,,,,0,{','.join(works[0])}"  # a line that does not say who
    lines = [f"{row}{line}" for row, line in enumerate([*lines, *lines[:DOUBLED], nobody])]
    write_lines(annotation / "LAPIS_PIAA.csv", [COLUMNS, *lines], encoding=layout.encoding)
    order = rng.permutation(count)
    parts = np.split(order, [layout.test, layout.test + layout.val])
    mean = np.bincount(data.image, data.level) / np.bincount(data.image)
    for part, members in zip(("Test", "Val", "Train"), parts, strict=True):
        rows = (f"{image},{names[image]},{mean[image]:.6f}" for image in members.tolist())
        path = annotation / f"LAPIS_GIAA_{part}split.csv"
        write_lines(path, ["image_id,image_filename,mean_response", *rows], encoding=layout.encoding)
    rated = zip(data.user, data.image, data.truth, strict=True)
    write_truth(root, ((users[user], names[image], value) for user, image, value in rated))
    write_note(root, "LAPIS", "Artworks are not drawn either. `annotation/LAPIS_PIAA.csv` holds ratings from 0 to 100.")
    (root / "images").mkdir()
    missing = set(order[-layout.missing :].tolist())
    jobs = [(n, f"images/{names[n]}") for n in range(count) if n not in missing]
    write_images(root, seed, NAME, layout.amount.long_side, jobs)


def _works(rng: np.random.Generator, data: Crowd) -> list[tuple[str, ...]]:
    """Artist, title, genre, style, and the style in groups of four and two, of every image."""
    columns = [ATTRIBUTES.index(name) for name in STYLES.values()]
    style = attribute_table(data.latents)[:, columns].argmax(axis=1)
    artist = rng.integers(len(ARTISTS), size=len(style))
    works: list[tuple[str, ...]] = []
    for number, latent in enumerate(data.latents):
        called = list(STYLES)[style[number]]
        two = "FIGURATIVE" if called in FIGURATIVE else "ABSTRACT"
        title = f"étude-{number + 1}"
        works.append((ARTISTS[artist[number]], title, GENRES[CATEGORIES[latent.category]], called, called, two))
    return works


def _rating_lines(
    rng: np.random.Generator, data: Crowd, users: list[str], names: list[str], works: list[tuple[str, ...]]
) -> Iterator[str]:
    """Everything on a line after its number."""
    about = _demographics(rng, data)
    seconds = np.exp(1 + 0.5 * rng.standard_normal(len(data.user)))
    known = rng.integers(5, size=len(users))
    work = [",".join(columns) for columns in works]
    for row, (user, image) in enumerate(zip(data.user.tolist(), data.image.tolist(), strict=True)):
        yield (
            f",{image},{names[image]},{data.level[row]},{seconds[row]:.3f},{users[user]},{about[user]},{known[user]},"
            f"{work[image]}"
        )


def _demographics(rng: np.random.Generator, data: Crowd) -> list[str]:
    """Age, nationality, gender, education, colour blindness and interest in art; blank where users told nothing."""
    count = len(data.users)
    error = rng.standard_normal(count)
    openness: NDArray[np.float64] = data.users.traits[:, TRAITS.index("O")]
    felt = INTEREST_CORRELATION * openness + np.sqrt(1 - INTEREST_CORRELATION**2) * error
    interest = np.clip(INTEREST_MEAN + INTEREST_SPREAD * felt, 0, 6)
    lines = []
    for user in range(count):
        words = (choices[rng.integers(len(choices))] for choices in (NATIONALITIES, GENDERS, EDUCATION))
        lines.append(f"{rng.integers(18, 70)},{','.join(words)},No,{interest[user]:.2f}")
    for user in rng.choice(count, max(1, round(TOLD_NOTHING * count)), replace=False):
        lines[user] = ",,,,,"
    return lines


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].amount.images, LAYOUTS[size].amount.long_side
