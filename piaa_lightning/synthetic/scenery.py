"""Backgrounds of the drawn pictures: sky, sky lines, ground, and the things that clutter a scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from piaa_lightning.synthetic.fields import Array, colour, colours, cover, even, noise, profile, weights
from piaa_lightning.synthetic.latent import CATEGORIES, Latent

CELLS = (9, 12)  # rows and columns of the grid that cluttering objects sit on


@dataclass(frozen=True)
class Scene:
    """How a category's background is made.

    Args:
        sky_hue: hue of the sky in turns.
        ground_hue: hue of ground and sky lines in turns; the subject's hue is chosen in relation to it.
        sky: ``day``, ``night``, or ``none`` where the ground fills the frame.
        line: shape of the sky line: ``peaks``, ``trees``, ``boxes``, ``hills``.
        layers: how many sky lines stand behind each other.
        rise: height of the sky lines as a share of the picture.
        ground: ``waves``, ``grass``, ``sand``, ``street``, ``planks``, ``leaves``.
    """

    sky_hue: float
    ground_hue: float
    sky: str
    line: str
    layers: int
    rise: float
    ground: str


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
    """The scene of the picture's category."""
    return SCENES[CATEGORIES[latent.category]]


def backdrop(latent: Latent, rng: np.random.Generator, height: int, width: int, horizon: float) -> Array:
    """Draw everything but the subject, ``(height, width, 3)`` about [0, 1].

    Args:
        latent: the picture.
        rng: its random numbers.
        height: pixels.
        width: pixels.
        horizon: where the ground begins, as a share of the height from the top.
    """
    scene = scene_of(latent)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    haze = colour(scene.sky_hue + latent.hue_shift, 0.25, 0.92) * (1 - latent.dusk)
    haze = haze + latent.dusk * colour(0.07, 0.55, 0.95)
    if scene.sky == "none":
        image = np.zeros((height, width, 3), dtype=np.float32)
        horizon = 0.0
    else:
        image = _sky(latent, scene, rng, x, y, horizon, haze)
        for layer in range(scene.layers):
            _sky_line(image, latent, scene, rng, y, horizon, haze, layer)
    _ground(image, latent, scene, rng, y, horizon, haze)
    _scatter(image, latent, scene, rng, horizon)
    fine = noise(rng, height, width, 24, 32, latent.symmetry)
    image *= 1 + (0.02 + 0.13 * latent.clutter) * fine[..., None]
    image *= 1 + 0.22 * latent.light * (1 - latent.symmetry) * x[..., None]
    return image


def _sky(
    latent: Latent, scene: Scene, rng: np.random.Generator, x: Array, y: Array, horizon: float, haze: Array
) -> Array:
    height, width = y.shape[0], x.shape[1]
    hue = scene.sky_hue + latent.hue_shift
    down = np.clip(y / max(horizon, 0.2), 0, 1)[..., None]
    clouds = noise(rng, height, width, 7, 5, latent.symmetry)
    if scene.sky == "night":
        image = (1 - down) * colour(hue, 0.8, 0.10) + down * colour(hue + 0.06, 0.7, 0.32) + 0 * x[..., None]
        stars = even(rng.random((height, width), dtype=np.float32), latent.symmetry) > 1.0 + 0.25 * latent.symmetry
        stars |= rng.random((height, width), dtype=np.float32) > 0.994 + 0.006 * latent.symmetry
        image += 0.5 * (stars & (y < horizon))[..., None]
    else:
        image = (1 - down) * colour(hue, 0.65, 0.72) + down * haze + 0 * x[..., None]
        sun = latent.light * 0.8 * (1 - latent.symmetry)
        glow = np.exp(-6 * ((x - sun) ** 2 * 0.6 + (y - horizon * 0.75) ** 2))
        image += (0.12 + 0.3 * latent.dusk) * glow[..., None] * colour(0.11, 0.35, 1.0)
        cover(image, 0.75 * np.clip(0.55 * clouds - 0.1, 0, 1), np.minimum(haze * 1.12, 1))
    return np.asarray(image, dtype=np.float32)


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


def _sky_line(
    image: Array,
    latent: Latent,
    scene: Scene,
    rng: np.random.Generator,
    y: Array,
    horizon: float,
    haze: Array,
    layer: int,
) -> None:
    height, width = image.shape[:2]
    near = (layer + 1) / scene.layers
    rise = scene.rise * (1.15 - 0.5 * near if scene.layers > 1 else 1)
    tops = horizon - rise * _line_heights(latent, scene.line, rng, width)[None, :]
    mask = np.clip((y - tops) * height + 0.5, 0, 1)
    value = 0.18 if scene.sky == "night" else 0.42
    body = colour(scene.ground_hue + latent.hue_shift, 0.5, value)
    paint = near * body + (1 - near) * (haze * (0.4 if scene.sky == "night" else 0.85) * 0.8 + body * 0.2)
    if scene.line == "boxes":
        panes = rng.random((28, 40), dtype=np.float32)
        lit = even(panes, latent.symmetry) > (0.78 if scene.sky == "night" else 0.95)
        rows = np.arange(height) * 28 * 3 // height
        columns = np.arange(width) * 40 * 2 // width
        frame = (rows % 3 > 0)[:, None] & (columns % 2 > 0)[None, :]
        window = (lit[(rows // 3)[:, None], (columns // 2)[None, :]] & frame)[..., None]
        paint = np.where(window, colour(0.13, 0.5, 0.95) if scene.sky == "night" else paint * 1.35, paint)
    elif scene.line == "peaks":
        snow = np.clip(1 - (y - tops) / (0.3 * rise) - 0.5 * np.abs(noise(rng, height, width, 9, 14, 0)), 0, 1)
        paint = paint + snow[..., None] * (0.96 - paint) * 0.85
    cover(image, mask, np.asarray(paint, dtype=np.float32))


def _ground(
    image: Array, latent: Latent, scene: Scene, rng: np.random.Generator, y: Array, horizon: float, haze: Array
) -> None:
    height, width = image.shape[:2]
    first = int(np.clip(round(horizon * height), 0, height - 1))
    near = np.clip((y[first:] - horizon) / max(1 - horizon, 0.05), 0, 1)
    hue = scene.ground_hue + latent.hue_shift
    # rows of knots crowd together at the horizon: the texture of a receding plane
    rows, columns = {"waves": (40, 6), "grass": (24, 22), "sand": (12, 5), "street": (10, 3)}.get(scene.ground, (7, 9))
    grid = even(rng.standard_normal((rows, columns), dtype=np.float32), latent.symmetry)
    recede = np.sqrt(near[:, 0]) if scene.sky != "none" else near[:, 0]
    down = weights(recede * (rows - 1), rows)
    across = weights(np.linspace(0, columns - 1, width, dtype=np.float32), columns)
    texture = (down @ grid @ across.T)[..., None]
    dark, light = colour(hue, 0.72, 0.30), colour(hue + 0.03, 0.5, 0.72)
    if scene.sky == "night":
        dark, light = colour(hue, 0.75, 0.06), colour(hue, 0.6, 0.30)
    if scene.ground == "planks":
        board = ((np.arange(width) * 6 // width) + (0 if latent.symmetry > 0.5 else 1)) % 2
        texture = 0.35 * texture + 0.5 * board[None, :, None]
    mix = np.clip(0.5 + 0.32 * texture + 0.12 * (near[..., None] - 0.5), 0, 1)
    paint = dark + mix * (light - dark)
    if scene.sky == "day":
        far = (1 - near[..., None]) ** 3
        paint = paint + 0.6 * far * (haze - paint)
    if scene.ground == "waves":
        sun = latent.light * 0.8 * (1 - latent.symmetry) + 0 * near
        x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
        path = np.exp(-(((x - sun) / (0.12 + 0.25 * near)) ** 2)) * np.clip(texture[..., 0], 0, 1)
        paint = paint + 0.55 * path[..., None] * (haze * 1.05)
    if scene.ground == "leaves":
        blobs = np.clip(noise(rng, height, width, 9, 12, latent.symmetry) - 0.2, 0, 1)[first:, :, None]
        paint = paint + 0.45 * blobs * (colour(hue - 0.06, 0.45, 0.95) - paint)
    image[first:] = paint


def _scatter(image: Array, latent: Latent, scene: Scene, rng: np.random.Generator, horizon: float) -> None:
    """Put small objects on a jittered grid: the more clutter the more of them, and the less harmony the more colours."""
    height, width = image.shape[:2]
    rows, columns = CELLS
    draws = rng.random((6, rows, columns), dtype=np.float32)
    copied = rng.random((rows, columns)) < latent.symmetry  # cells that repeat their mirror image
    half = copied & (np.arange(columns) >= columns // 2)[None, :]
    mirrored = draws[:, :, ::-1].copy()
    mirrored[1] = 1 - mirrored[1]
    draws = np.where(half, mirrored, draws)
    present, shift_x, shift_y, size, hue, value = draws
    chance = 0.75 * latent.clutter * np.where((np.arange(rows) + 0.5) / rows > horizon, 1.0, 0.08)[:, None]
    spread = 0.08 + 0.9 * (1 - latent.harmony)
    turn = scene.ground_hue + latent.hue_shift + spread * (hue - 0.5)
    palette = colours(turn, 0.6, 0.25 + 0.7 * value)
    down = (np.arange(height, dtype=np.float32) + 0.5) * rows / height
    across = (np.arange(width, dtype=np.float32) + 0.5) * columns / width
    cell = np.ix_(down.astype(int), across.astype(int))
    v = (down % 1)[:, None] - 0.5 - 0.3 * (shift_y[cell] - 0.5)
    u = (across % 1)[None, :] - 0.5 - 0.3 * (shift_x[cell] - 0.5)
    radius = 0.14 + 0.2 * size[cell]
    edge = 2.2 * rows / height
    mask = np.clip((radius - np.sqrt(u * u + v * v)) / edge + 0.5, 0, 1) * (present < chance)[cell]
    cover(image, np.asarray(mask, dtype=np.float32), palette[cell] * (1 - 0.5 * v)[..., None])
