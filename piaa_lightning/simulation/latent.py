"""The latent numbers of a drawn image, from which its pixels and the simulated taste come."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CATEGORIES = ("sea", "mountain", "forest", "desert", "city", "night", "flower", "animal", "person", "food")
ATTRIBUTES = ("colourfulness", "contrast", "brightness", "thirds", "symmetry", "depth", "harmony", "clutter")
ASPECTS = (3 / 2, 4 / 3, 1.0, 2 / 3)  # width / height of what cameras and croppers make
ASPECT_SHARES = (0.45, 0.25, 0.1, 0.2)
HIDDEN = 4  # what an image means to users without showing in its pixels, for instance the story behind it


@dataclass(frozen=True)
class Latent:
    """An image before it is drawn.

    Args:
        category: index into ``CATEGORIES``.
        colourfulness: 0 nearly grey .. 1 vivid; like all attributes in [0, 1] and uniform over images.
        contrast: 0 flat .. 1 strong light and shade.
        brightness: 0 dark .. 1 bright.
        thirds: 1 with the subject on a point of the rule of thirds .. 0 at the centre or out at a corner.
        symmetry: 1 when the left half mirrors the right.
        depth: depth of field as seen: 0 all sharp .. 1 the background dissolves behind a sharp subject.
        harmony: 1 when the subject's hue is close or opposite to the background's .. 0 at an awkward angle to it.
        clutter: 0 calm .. 1 crowded and rough.
        aspect: width / height.
        corner: which point of thirds the subject belongs to, each -1 or 1 (x, then y down).
        outward: whether a subject off its point of thirds strays to the corner instead of the centre.
        size: the subject's radius as a share of the shorter side.
        light: where the light comes from, -1 left .. 1 right.
        dusk: 0 noon .. 1 sunset.
        hue_shift: deviation of the background from its category's hue, in turns.
        rise: how high the horizon stands behind the subject, 0..1.
        opposite: whether a harmonious subject takes the opposite hue instead of a neighbouring one.
        grain: sensor noise, 0..1.
        texture: seed of everything else that varies: clouds, ridges, petals.
        hidden: ``HIDDEN`` standard normal values that are never drawn.
    """

    category: int
    colourfulness: float
    contrast: float
    brightness: float
    thirds: float
    symmetry: float
    depth: float
    harmony: float
    clutter: float
    aspect: float
    corner: tuple[int, int]
    outward: bool
    size: float
    light: float
    dusk: float
    hue_shift: float
    rise: float
    opposite: bool
    grain: float
    texture: int
    hidden: tuple[float, ...]

    @property
    def attributes(self) -> tuple[float, ...]:
        """The attributes in the order of ``ATTRIBUTES``."""
        return tuple(float(getattr(self, name)) for name in ATTRIBUTES)

    def shape(self, long_side: int) -> tuple[int, int]:
        """Width and height in pixels when the longer side has ``long_side``."""
        short = round(long_side * min(self.aspect, 1 / self.aspect))
        return (long_side, short) if self.aspect >= 1 else (short, long_side)


def sample(rng: np.random.Generator) -> Latent:
    """Draw an image's description; attributes are uniform on [0, 1] and independent, categories equally frequent.

    Independence keeps what a user likes about one attribute apart from every other one; real images are tamer.
    """
    attributes = rng.random(len(ATTRIBUTES))
    other = rng.random(10)
    return Latent(
        **dict(zip(ATTRIBUTES, map(float, attributes), strict=True)),
        category=int(rng.integers(len(CATEGORIES))),
        aspect=ASPECTS[int(np.searchsorted(np.cumsum(ASPECT_SHARES)[:-1], other[0], side="right"))],
        corner=(1 if other[1] < 0.5 else -1, 1 if other[2] < 0.6 else -1),
        outward=bool(other[3] < 0.35),
        size=0.17 + 0.12 * float(other[4]),
        light=2 * float(other[5]) - 1,
        dusk=float(other[6]) ** 2,
        hue_shift=0.14 * (float(other[8]) - 0.5),
        rise=float(rng.random()),
        opposite=bool(other[7] < 0.5),
        grain=float(other[9]) ** 2,
        texture=int(rng.integers(2**31)),
        hidden=tuple(float(value) for value in rng.standard_normal(HIDDEN)),
    )


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Random numbers that depend on the seed and the names alone, whoever asks and in whatever order.

    Args:
        seed: the embedded database's seed, >= 0.
        names: what the numbers are for, for instance ``"flickr_aes", "image", 12``.
    """
    return np.random.default_rng([seed, *(zlib.crc32(n.encode()) if isinstance(n, str) else n for n in names)])


def draw_image(seed: int, database: str, number: int) -> Latent:
    """The image with this number, from 0, in this database: always the same one."""
    return sample(stream(seed, database, "picture", number))


def attribute_table(latents: list[Latent]) -> NDArray[np.float64]:
    """``(images, len(ATTRIBUTES))`` attributes in [0, 1]."""
    return np.array([latent.attributes for latent in latents], dtype=np.float64).reshape(-1, len(ATTRIBUTES))
