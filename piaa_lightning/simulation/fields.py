"""Smooth random fields on the pixel grid, as even (left-right symmetric) as asked, and colours to paint them with.

Images are ``(3, height, width)`` here: NumPy is several times faster on whole planes than on pixels of three.
"""

from __future__ import annotations

import colorsys
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]  # float32 nearly everywhere: half the time of float64


def weights(coordinates: Array, knots: int, smooth: bool = True) -> Array:
    """Interpolation matrix ``(pixels, knots)`` for coordinates in [0, knots - 1]; every row sums to one."""
    hat = np.maximum(0, 1 - np.abs(coordinates[:, None] - np.arange(knots, dtype=np.float32)))
    return np.asarray(hat * hat * (3 - 2 * hat) if smooth else hat, dtype=np.float32)


@lru_cache(maxsize=256)
def spread(pixels: int, knots: int, smooth: bool = True) -> Array:
    """Interpolation matrix ``(pixels, knots)`` with the knots evenly apart; kept, since few shapes recur."""
    return weights(np.linspace(0, knots - 1, pixels, dtype=np.float32), knots, smooth)


@lru_cache(maxsize=64)
def ramp(low: float, high: float, pixels: int) -> Array:
    """Evenly spaced values ``(pixels,)``, kept like ``spread``; neither may be changed in place."""
    return np.linspace(low, high, pixels, dtype=np.float32)


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
    return np.asarray(spread(height, rows) @ grid @ spread(width, columns).T, dtype=np.float32)


def profile(rng: np.random.Generator, width: int, knots: int, symmetry: float, smooth: bool) -> Array:
    """One-dimensional noise ``(width,)`` for sky lines."""
    grid = even(rng.standard_normal(knots, dtype=np.float32), symmetry)
    return np.asarray(spread(width, knots, smooth) @ grid)


def colour(hue: float, saturation: float, value: float) -> Array:
    """RGB ``(3, 1, 1)`` in [0, 1] of a hue in turns, a saturation and a value."""
    rgb = colorsys.hsv_to_rgb(hue % 1, min(max(saturation, 0), 1), value)
    return np.array(rgb, dtype=np.float32).reshape(3, 1, 1)


def colours(hue: Array, saturation: float, value: Array) -> Array:
    """RGB ``(3, rows, columns)`` of a table of hues and values at one saturation; the hexcone formula of HSV."""
    sector = (np.array([5, 3, 1], dtype=np.float32)[:, None, None] + 6 * hue) % 6
    share = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    return np.asarray(value * (1 - saturation * share), dtype=np.float32)


def cover(image: Array, mask: Array, paint: Array) -> None:
    """Paint over an image in place where the mask ``(height, width)`` is 1; ``paint`` is one colour or an image."""
    image += mask * (paint - image)
