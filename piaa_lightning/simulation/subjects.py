"""The one thing each drawn image is of: a boat, a hut, a tree, a cat, ... made of a few soft-edged parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from piaa_lightning.simulation.fields import Array, colour, cover

Parts = list[
    tuple[Array, str]
]  # distance to a part's edge (negative inside), and which of the subject's colours it has


@dataclass(frozen=True)
class Paints:
    """The colours of a subject, each ``(3, 1, 1)`` in [0, 1]."""

    main: Array
    pale: Array
    dark: Array
    accent: Array
    skin: Array


def paints(hue: float, accent_hue: float) -> Paints:
    """Colours of a subject from its hue and a second one, in turns."""
    return Paints(
        main=colour(hue, 0.78, 0.85),
        pale=colour(hue, 0.18, 0.98),
        dark=colour(hue, 0.7, 0.25),
        accent=colour(accent_hue, 0.7, 0.7),
        skin=colour(0.06, 0.4, 0.85),
    )


def _disc(u: Array, v: Array, x: float, y: float, rx: float, ry: float) -> Array:
    return np.asarray((np.sqrt(((u - x) / rx) ** 2 + ((v - y) / ry) ** 2) - 1) * min(rx, ry))


def _box(u: Array, v: Array, left: float, right: float, top: float, bottom: float) -> Array:
    return np.asarray(np.maximum(np.maximum(left - u, u - right), np.maximum(top - v, v - bottom)))


def _roof(u: Array, v: Array, x: float, half: float, top: float, bottom: float) -> Array:
    """An isosceles triangle standing on its base."""
    slope = (bottom - top) / half
    return np.asarray(np.maximum((np.abs(u - x) * slope + top - v) / float(np.hypot(1, slope)), v - bottom))


def _boat(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    hull = np.maximum(_disc(u, v, 0, 0.45, 0.75, 0.4), 0.45 - v)
    sail = np.maximum(_roof(u, v, 0, 0.62, -0.9, 0.36), 0.04 - u)
    jib = np.maximum(_roof(u, v, 0, 0.45, -0.6, 0.36), u + 0.04)
    return [(hull, "dark"), (sail, "main"), (jib, "pale")]


def _hut(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    door = _box(u, v, -0.12, 0.14, 0.35, 0.8)
    window = _box(u, v, 0.28, 0.5, 0.25, 0.48)
    return [
        (_box(u, v, -0.65, 0.65, 0, 0.8), "pale"),
        (_roof(u, v, 0, 0.85, -0.6, 0.08), "main"),
        (door, "dark"),
        (window, "accent"),
    ]


def _tree(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    crown = _disc(u, v, 0, -0.35, 0.5, 0.45)
    for side in (-1, 0, 1):
        x, y = 0.38 * side, -0.12 - 0.3 * (side == 0) + 0.2 * (float(rng.random()) - 0.5)
        crown = np.minimum(crown, _disc(u, v, x, y, 0.36, 0.33))
    return [(_box(u, v, -0.09, 0.09, 0.2, 0.95), "dark"), (crown, "main"), (_disc(u, v, 0.2, -0.42, 0.25, 0.2), "pale")]


def _tower(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    parts: Parts = [(_box(u, v, -0.3, 0.3, -0.55, 0.95), "main"), (_roof(u, v, 0, 0.3, -1, -0.54), "dark")]
    rows = np.maximum(np.abs(((v * 6) % 1) - 0.5) - 0.22, np.abs(((u * 6 + 0.5) % 1) - 0.5) - 0.28) / 6
    return [*parts, (np.maximum(rows, _box(u, v, -0.24, 0.24, -0.45, 0.85)), "pale")]


def _moon(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    spots = [(_disc(u, v, *(0.8 * rng.random(2) - 0.4), *(0.06 + 0.12 * rng.random(2))), "main") for _ in range(4)]
    return [(_disc(u, v, 0, 0, 0.72, 0.72), "pale"), *spots]


def _flower(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    petals = int(rng.integers(5, 9))
    radius, angle = np.hypot(u, v), np.arctan2(v, u) + 6.3 * rng.random()
    outer = radius - 0.5 - 0.4 * np.abs(np.cos(petals * angle / 2))
    veins = np.abs(np.sin(petals * angle / 2)) * radius - 0.1
    stem = _box(u, v, -0.05, 0.05, 0.3, 3)
    return [
        (stem, "dark"),
        (outer, "main"),
        (np.maximum(veins, outer + 0.18), "pale"),
        (_disc(u, v, 0, 0, 0.24, 0.24), "accent"),
    ]


def _cat(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    body = _disc(u, v, 0.05, 0.4, 0.48, 0.58)
    head = _disc(u, v, 0, -0.38, 0.38, 0.34)
    ears = np.minimum(_roof(u, v, -0.26, 0.16, -0.95, -0.45), _roof(u, v, 0.26, 0.16, -0.95, -0.45))
    eyes = np.minimum(_disc(u, v, -0.15, -0.4, 0.07, 0.09), _disc(u, v, 0.15, -0.4, 0.07, 0.09))
    tail = np.abs(_disc(u, v, 0.55, 0.5, 0.3, 0.35)) - 0.07
    return [
        (tail, "main"),
        (body, "main"),
        (ears, "dark"),
        (head, "main"),
        (_disc(u, v, 0, 0.45, 0.24, 0.36), "pale"),
        (eyes, "accent"),
        (_disc(u, v, 0, -0.24, 0.06, 0.04), "dark"),
    ]


def _user(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    skin = "skin"
    hair = np.maximum(_disc(u, v, 0, -0.42, 0.42, 0.48), v + 0.05 + 0.3 * rng.random())
    torso = np.minimum(_disc(u, v, 0, 0.95, 0.8, 0.78), _box(u, v, -0.8, 0.8, 0.95, 5))
    eyes = np.minimum(_disc(u, v, -0.13, -0.35, 0.05, 0.04), _disc(u, v, 0.13, -0.35, 0.05, 0.04))
    return [
        (hair, "dark"),
        (_box(u, v, -0.12, 0.12, -0.1, 0.35), skin),
        (torso, "main"),
        (_disc(u, v, 0, -0.33, 0.3, 0.38), skin),
        (eyes, "dark"),
        (_disc(u, v, 0, -0.14, 0.1, 0.03), "accent"),
    ]


def _dish(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    plate = _disc(u, v, 0, 0, 0.95, 0.95)
    parts: Parts = [(plate, "pale"), (np.abs(_disc(u, v, 0, 0, 0.78, 0.78)) - 0.02, "accent")]
    for piece in range(int(rng.integers(4, 8))):
        x, y = 0.8 * rng.random(2) - 0.4
        parts.append((_disc(u, v, x, y, *(0.14 + 0.16 * rng.random(2))), ("main", "accent", "dark")[piece % 3]))
    return parts


def _cactus(u: Array, v: Array, rng: np.random.Generator) -> Parts:
    def limb(x: float, top: float, bottom: float, half: float) -> Array:
        return np.asarray(np.hypot(u - x, v - np.clip(v, top, bottom)) - half)

    arms = np.minimum(limb(-0.5, -0.3, 0.1, 0.12), limb(0.5, -0.45, 0.25, 0.12))
    joints = np.minimum(_box(u, v, -0.5, 0, 0.02, 0.2), _box(u, v, 0, 0.5, 0.17, 0.35))
    ribs = np.maximum(np.abs(((u * 9) % 1) - 0.5) / 9 - 0.02, limb(0, -0.7, 0.95, 0.16))
    return [(np.minimum(arms, joints), "main"), (limb(0, -0.7, 0.95, 0.19), "main"), (ribs, "dark")]


SHAPES: dict[str, Callable[[Array, Array, np.random.Generator], Parts]] = {
    "sea": _boat,
    "mountain": _hut,
    "forest": _tree,
    "desert": _cactus,
    "city": _tower,
    "night": _moon,
    "flower": _flower,
    "animal": _cat,
    "person": _user,
    "food": _dish,
}


def place(
    image: Array,
    category: str,
    centre: tuple[float, float],
    radius: float,
    flip: bool,
    light: float,
    paint: Paints,
    seed: int,
) -> None:
    """Draw a subject over an image in place, sharp whatever happened to the background.

    Args:
        image: ``(3, height, width)``.
        category: one of ``CATEGORIES``.
        centre: x and y in pixels.
        radius: pixels.
        flip: draw the mirror image.
        light: where the light comes from, -1 left .. 1 right of the image.
        paint: its colours.
        seed: of its details.
    """
    height, width = image.shape[1:]
    reach = 1.05 * radius
    deep = 4 * radius if category in ("flower", "person") else reach  # a stem or a body runs on to the lower edge
    left, right = max(int(centre[0] - reach), 0), min(int(centre[0] + reach) + 2, width)
    top, bottom = max(int(centre[1] - reach), 0), min(int(centre[1] + deep) + 2, height)
    if left >= right or top >= bottom or radius < 1:
        return
    u = ((np.arange(left, right, dtype=np.float32) + 0.5 - centre[0]) / radius)[None, :]
    v = ((np.arange(top, bottom, dtype=np.float32) + 0.5 - centre[1]) / radius)[:, None]
    shade = 1 + 0.28 * light * u - 0.16 * v.clip(-1, 1)
    window = image[:, top:bottom, left:right]
    if flip:
        u = -u
    for distance, key in SHAPES[category](u, v, np.random.default_rng(seed)):
        cover(window, np.clip(0.5 - distance * radius, 0, 1), getattr(paint, key) * shade)
