"""Draw clutter: small objects of many colours, and roughness."""

from __future__ import annotations

import numpy as np

from piaa_lightning.simulation.fields import Array, colours, cover, noise
from piaa_lightning.simulation.scenery import Frame

ROWS, COLUMNS = 9, 12  # of the grid that the objects sit on, each in a cell of its own


def clutter(image: Array, frame: Frame) -> None:
    """Put objects and roughness over a background in place; symmetric images repeat them on the right."""
    if frame.latent.clutter > 0.02:
        _objects(image, frame)
    rough = noise(frame.rng, frame.height, frame.width, 24, 32, frame.latent.symmetry)
    image *= 1 + (0.02 + 0.13 * frame.latent.clutter) * rough


def _objects(image: Array, frame: Frame) -> None:
    """The more clutter the more objects, and the less harmony the more colours they have; few of them fly."""
    latent = frame.latent
    draws = frame.rng.random((6, ROWS, COLUMNS), dtype=np.float32)
    repeats = (frame.rng.random((ROWS, COLUMNS)) < latent.symmetry) & (np.arange(COLUMNS) >= COLUMNS // 2)
    mirrored = draws[:, :, ::-1].copy()
    mirrored[1] = 1 - mirrored[1]
    present, shift_x, shift_y, size, hue, value = np.where(repeats, mirrored, draws)
    grounded = (np.arange(ROWS) + 0.5) / ROWS > frame.horizon
    chance = 0.75 * latent.clutter * np.where(grounded, 1, 0.08)[:, None]
    radius = np.where(present < chance, 0.14 + 0.2 * size, -1).astype(np.float32)
    palette = colours(frame.hue + (0.08 + 0.9 * (1 - latent.harmony)) * (hue - 0.5), 0.6, 0.25 + 0.7 * value)

    down = (np.arange(frame.height, dtype=np.float32) + 0.5) * (ROWS / frame.height)
    across = (np.arange(frame.width, dtype=np.float32) + 0.5) * (COLUMNS / frame.width)
    cells = np.concatenate([np.stack([0.5 + 0.3 * (shift_x - 0.5), 0.5 + 0.3 * (shift_y - 0.5), radius]), palette])
    place_x, place_y, reach, *paint = cells[:, down.astype(int)][:, :, across.astype(int)]
    u, v = (across % 1)[None, :] - place_x, (down % 1)[:, None] - place_y
    mask = np.clip((reach - np.sqrt(u * u + v * v)) * (frame.height / (2.2 * ROWS)) + 0.5, 0, 1)
    cover(image, mask, np.stack(paint) * (1 - 0.5 * v))
