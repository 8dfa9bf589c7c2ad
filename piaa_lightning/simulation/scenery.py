"""Backgrounds of the drawn images: sky, sky lines and context of each category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.simulation.fields import Array, colour, cover, even, noise, profile, ramp, spread, weights
from piaa_lightning.simulation.latent import CATEGORIES, Latent

# knots of the context's texture, down and across
KNOTS = {"waves": (40, 6), "grass": (24, 22), "sand": (12, 5), "street": (10, 3), "planks": (7, 9), "leaves": (7, 9)}


@dataclass(frozen=True)
class Scene:
    """How a category's background is made.

    Args:
        sky_hue: hue of the sky in turns.
        ground_hue: hue of context and sky lines in turns; the subject's hue is chosen in relation to it.
        sky: ``day``, ``night``, or ``none`` where the context fills the frame.
        line: shape of the sky line: ``peaks``, ``trees``, ``boxes``, ``hills``.
        layers: how many sky lines stand behind each other.
        rise: height of the sky lines as a share of the image.
        context: ``waves``, ``grass``, ``sand``, ``street``, ``planks``, ``leaves``.
    """

    sky_hue: float
    ground_hue: float
    sky: str
    line: str
    layers: int
    rise: float
    context: str


SCENES = {
    "sea": Scene(0.57, 0.53, "day", "hills", 1, 0.05, "waves"),
    "mountain": Scene(0.60, 0.62, "day", "peaks", 3, 0.30, "grass"),
    "forest": Scene(0.50, 0.33, "day", "trees", 3, 0.42, "grass"),
    "desert": Scene(0.56, 0.09, "day", "hills", 3, 0.14, "sand"),
    "city": Scene(0.58, 0.64, "day", "boxes", 2, 0.36, "street"),
    "night": Scene(0.66, 0.70, "night", "boxes", 2, 0.24, "waves"),
    "flower": Scene(0.30, 0.27, "none", "hills", 0, 0.0, "leaves"),
    "animal": Scene(0.55, 0.22, "day", "trees", 1, 0.12, "grass"),
    "person": Scene(0.10, 0.05, "none", "hills", 0, 0.0, "leaves"),
    "food": Scene(0.08, 0.07, "none", "hills", 0, 0.0, "planks"),
}


def scene_of(latent: Latent) -> Scene:
    """The scene of the image's category."""
    return SCENES[CATEGORIES[latent.category]]


@dataclass(frozen=True)
class Frame:
    """What every part of a background needs to know.

    Args:
        latent: the image.
        scene: of its category.
        rng: its random numbers.
        height: pixels.
        width: pixels.
        horizon: where the context begins, as a share of the height from the top; 0 where it fills the frame.
    """

    latent: Latent
    scene: Scene
    rng: np.random.Generator
    height: int
    width: int
    horizon: float

    @property
    def first(self) -> int:
        """The first row of the context."""
        return min(round(self.horizon * self.height), self.height - 1)

    @property
    def x(self) -> Array:
        """``(1, width)`` from -1 to 1."""
        return ramp(-1, 1, self.width)[None, :]

    @property
    def y(self) -> Array:
        """``(height, 1)`` from 0 at the top to 1."""
        return ramp(0, 1, self.height)[:, None]

    @property
    def hue(self) -> float:
        """Hue of the context in turns."""
        return self.scene.ground_hue + self.latent.hue_shift

    @property
    def haze(self) -> Array:
        """Colour of the sky at the horizon."""
        noon = colour(self.scene.sky_hue + self.latent.hue_shift, 0.25, 0.92)
        return noon + self.latent.dusk * (colour(0.07, 0.55, 0.95) - noon)

    @property
    def sun(self) -> float:
        """Where the sun stands, -1 left .. 1 right; in the middle of a symmetric image."""
        return 0.8 * self.latent.light * (1 - self.latent.symmetry)


def backdrop(frame: Frame) -> Array:
    """Draw sky, sky lines and context, ``(3, height, width)`` about [0, 1]."""
    image = np.empty((3, frame.height, frame.width), dtype=np.float32)
    if frame.scene.sky != "none" and frame.first > 0:
        sky = image[:, : frame.first]
        sky[:] = _night_sky(frame) if frame.scene.sky == "night" else _day_sky(frame)
        for layer in range(frame.scene.layers):
            _sky_line(sky, frame, layer)
    image[:, frame.first :] = _ground(frame)
    return image


def _night_sky(frame: Frame) -> Array:
    hue = frame.scene.sky_hue + frame.latent.hue_shift
    down = frame.y[: frame.first] / frame.horizon
    image = colour(hue, 0.8, 0.10) + down * (colour(hue + 0.06, 0.7, 0.32) - colour(hue, 0.8, 0.10))
    field = frame.rng.standard_normal((frame.first, frame.width), dtype=np.float32)
    stars = even(field, frame.latent.symmetry) > 2.5
    return np.asarray(image + 0.5 * stars, dtype=np.float32)


def _day_sky(frame: Frame) -> Array:
    latent, y = frame.latent, frame.y[: frame.first]
    top = colour(frame.scene.sky_hue + latent.hue_shift, 0.65, 0.72)
    image: Array = top + y / frame.horizon * (frame.haze - top)
    # exp of a sum is a product: two short profiles instead of a field
    glow = np.exp(-6 * (y - 0.75 * frame.horizon) ** 2) * np.exp(-3.6 * (frame.x - frame.sun) ** 2)
    image = image + (0.12 + 0.3 * latent.dusk) * glow * colour(0.11, 0.35, 1.0)
    clouds = noise(frame.rng, frame.first, frame.width, 5, 5, latent.symmetry)
    cover(image, 0.75 * np.clip(0.55 * clouds - 0.1, 0, 1), np.minimum(frame.haze * 1.12, 1))
    return image


def _line_heights(latent: Latent, line: str, rng: np.random.Generator, width: int) -> Array:
    """Height of a sky line over its base, ``(width,)`` about [0, 1]."""
    if line == "boxes":
        count = int(rng.integers(9, 16))
        tops = 0.5 + 0.25 * even(rng.standard_normal(count, dtype=np.float32), latent.symmetry)
        return np.asarray(tops[np.minimum(np.arange(width) * count // width, count - 1)])
    if line == "trees":
        count = int(rng.integers(8, 15))
        tops = 0.7 + 0.16 * even(rng.standard_normal(count, dtype=np.float32), latent.symmetry)
        place = (np.arange(width, dtype=np.float32) + 0.5) * count / width
        return np.asarray(tops[place.astype(int)] * (1 - 0.9 * np.abs(place % 1 - 0.5)))
    if line == "peaks":
        coarse = profile(rng, width, 6, latent.symmetry, smooth=False)
        fine = profile(rng, width, 21, latent.symmetry, smooth=False)
        return np.asarray(0.55 + 0.26 * coarse + 0.05 * fine)
    return np.asarray(0.5 + 0.25 * profile(rng, width, 5, latent.symmetry, smooth=True))


def _sky_line(sky: Array, frame: Frame, layer: int) -> None:
    """Draw one of the lines behind each other, the farther the hazier, from the horizon up."""
    latent, scene, rng = frame.latent, frame.scene, frame.rng
    night = scene.sky == "night"
    near = (layer + 1) / scene.layers
    rise = scene.rise * (1.15 - 0.5 * near if scene.layers > 1 else 1)
    tops = frame.horizon - rise * _line_heights(latent, scene.line, rng, frame.width)[None, :]
    above = max(int(tops.min() * frame.height) - 1, 0)  # nothing to paint in the rows above
    y = frame.y[above : frame.first]
    body = colour(frame.hue, 0.5, 0.18 if night else 0.42)
    far = frame.haze * (0.32 if night else 0.68) + 0.2 * body
    paint = far + near * (body - far)
    if scene.line == "boxes":
        window = _windows(frame, 0.78 if night else 0.95)[above : frame.first]
        paint = np.where(window, colour(0.13, 0.5, 0.95) if night else paint * 1.35, paint)
    elif scene.line == "peaks":
        rough = np.abs(noise(rng, len(y), frame.width, 9, 14, latent.symmetry))
        snow = np.clip(1 - (y - tops) / (0.3 * rise) - 0.5 * rough, 0, 1)
        paint = paint + 0.85 * snow * (0.96 - paint)
    cover(sky[:, above:], np.clip((y - tops) * frame.height + 0.5, 0, 1), paint)


def _windows(frame: Frame, dark_share: float) -> NDArray[np.bool_]:
    """``(height, width)`` where a window is lit."""
    lit = even(frame.rng.random((28, 40), dtype=np.float32), frame.latent.symmetry) > dark_share
    rows = np.arange(frame.height) * 28 * 3 // frame.height
    columns = np.arange(frame.width) * 40 * 2 // frame.width
    return lit[rows // 3][:, columns // 2] & (rows % 3 > 0)[:, None] & (columns % 2 > 0)[None, :]


def _ground(frame: Frame) -> Array:
    latent, scene, hue = frame.latent, frame.scene, frame.hue
    near = np.clip((frame.y[frame.first :] - frame.horizon) / (1 - frame.horizon), 0, 1)
    texture = _ground_texture(frame, near)
    dark, light = colour(hue, 0.72, 0.30), colour(hue + 0.03, 0.5, 0.72)
    if scene.sky == "night":
        dark, light = colour(hue, 0.75, 0.06), colour(hue, 0.6, 0.30)
    paint = dark + np.clip(0.44 + 0.32 * texture + 0.12 * near, 0, 1) * (light - dark)
    if scene.sky == "day":
        paint = paint + 0.6 * (1 - near) ** 3 * (frame.haze - paint)
    if scene.context == "waves":
        path = np.exp(-(((frame.x - frame.sun) / (0.12 + 0.25 * near)) ** 2)) * np.clip(texture, 0, 1)
        paint = paint + 0.55 * path * frame.haze
    if scene.context == "leaves":
        blobs = np.clip(noise(frame.rng, len(near), frame.width, 9, 12, latent.symmetry) - 0.2, 0, 1)
        paint = paint + 0.45 * blobs * (colour(hue - 0.06, 0.45, 0.95) - paint)
    return np.asarray(paint, dtype=np.float32)


def _ground_texture(frame: Frame, near: Array) -> Array:
    """Smooth noise on a plane that recedes to the horizon: its rows crowd together there."""
    rows, columns = KNOTS[frame.scene.context]
    grid = even(frame.rng.standard_normal((rows, columns), dtype=np.float32), frame.latent.symmetry)
    recede = near[:, 0] if frame.scene.sky == "none" else np.sqrt(near[:, 0])
    texture = weights(recede * (rows - 1), rows) @ grid @ spread(frame.width, columns).T
    if frame.scene.context == "planks":
        board = (np.arange(frame.width) * 7 // frame.width) % 2  # seven boards: the middle one is its own mirror image
        texture = 0.35 * texture + 0.5 * board.astype(np.float32)
    return np.asarray(texture, dtype=np.float32)
