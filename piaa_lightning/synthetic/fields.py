"""Smooth random fields on the pixel grid, as even (left-right symmetric) as asked."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def weights(coordinates: Array, knots: int, smooth: bool = True) -> Array:
    """Interpolation matrix ``(pixels, knots)`` for coordinates in [0, knots - 1]; every row sums to one."""
    hat = np.maximum(0, 1 - np.abs(coordinates[:, None] - np.arange(knots, dtype=np.float32)))
    return (hat * hat * (3 - 2 * hat) if smooth else hat).astype(np.float32)


def even(grid: Array, symmetry: float) -> Array:
    """Shrink the odd part of the last axis by ``1 - symmetry`` and keep the variance.

    Every field is its even plus its odd part under left-right mirroring: at symmetry 1 only the even part is left.
    """
    odd = 1 - symmetry
    mixed = (1 + odd) / 2 * grid + (1 - odd) / 2 * grid[..., ::-1]
    return np.asarray(mixed / np.sqrt((1 + odd * odd) / 2), dtype=np.float32)


def noise(rng: np.random.Generator, height: int, width: int, rows: int, columns: int, symmetry: float) -> Array:
    """Smooth noise ``(height, width)``, roughly standard normal at the ``rows`` x ``columns`` knots."""
    grid = even(rng.standard_normal((rows, columns), dtype=np.float32), symmetry)
    down = weights(np.linspace(0, rows - 1, height, dtype=np.float32), rows)
    across = weights(np.linspace(0, columns - 1, width, dtype=np.float32), columns)
    return np.asarray(down @ grid @ across.T, dtype=np.float32)


def profile(rng: np.random.Generator, width: int, knots: int, symmetry: float, smooth: bool) -> Array:
    """One-dimensional noise ``(width,)`` for sky lines."""
    grid = even(rng.standard_normal(knots, dtype=np.float32), symmetry)
    return np.asarray(weights(np.linspace(0, knots - 1, width, dtype=np.float32), knots, smooth) @ grid)


def colour(hue: float, saturation: float, value: float) -> Array:
    """RGB in [0, 1] of a hue in turns, a saturation and a value."""
    return np.array(colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), value), dtype=np.float32)


def colours(hue: Array, saturation: float, value: Array) -> Array:
    """RGB of many hues (any shape) at one saturation, with a trailing axis of three; the hexcone formula of HSV."""
    sector = (np.array([5, 3, 1], dtype=np.float32) + 6 * hue[..., None]) % 6
    share = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(value[..., None] * (1 - saturation * share), dtype=np.float32)


def cover(image: Array, mask: Array, paint: Array) -> None:
    """Paint over an image in place where the mask is 1; ``paint`` is one colour or an image."""
    image += mask[..., None] * (paint - image)
