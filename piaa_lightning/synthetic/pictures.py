"""Draw a picture from its description: a stylised photograph whose attributes mean what photographers mean by them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from piaa_lightning.synthetic.fields import Array
from piaa_lightning.synthetic.latent import CATEGORIES, Latent
from piaa_lightning.synthetic.scenery import backdrop, scene_of
from piaa_lightning.synthetic.subjects import paints, place

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, what JPEG uses
BLUR = 0.055  # background blur at depth of field 1, standard deviation as a share of the shorter side
AWKWARD = 0.28  # turns between hues that people call clashing: neither neighbours nor opposites
NEIGHBOUR, OPPOSITE = 0.06, 0.5
FULL_FRAME = ("flower", "person", "food")  # close-ups: larger subjects, no horizon


def draw(latent: Latent, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a picture.

    Args:
        latent: its description.
        width: pixels.
        height: pixels.

    Returns:
        ``(height, width, 3)`` RGB; the same bytes for the same arguments.
    """
    rng = np.random.default_rng(latent.texture)
    x, y = subject_centre(latent)
    radius = latent.size * (1.3 if CATEGORIES[latent.category] in FULL_FRAME else 1.0) * min(width, height)
    image = backdrop(latent, rng, height, width, _horizon(latent, y, radius / height, float(rng.random())))
    if latent.depth > 0.02:
        sigma = BLUR * latent.depth * min(width, height)
        image = gaussian_filter(image, (sigma, sigma, 0), mode="nearest", truncate=2.5)
    _subjects(image, latent, x * width, y * height, radius)
    return _develop(image, latent, rng)


def subject_centre(latent: Latent) -> tuple[float, float]:
    """Where the subject is, x and y as shares of width and height.

    The subject moves on a straight line from its point of thirds to the centre or towards the corner, so the distance
    to the nearest of the four points is proportional to ``1 - thirds``.
    """
    point = np.array(latent.corner) / 6
    away = np.array(latent.corner) * 0.34 if latent.outward else np.zeros(2)
    offset = point + (1 - latent.thirds) * (away - point)
    return 0.5 + float(offset[0]), 0.5 + float(offset[1])


def subject_hue(latent: Latent) -> float:
    """The subject's hue in turns: awkward to the background's at harmony 0, its neighbour or opposite at harmony 1."""
    goal = OPPOSITE if latent.opposite else NEIGHBOUR
    return scene_of(latent).ground_hue + latent.hue_shift + AWKWARD + latent.harmony * (goal - AWKWARD)


def _horizon(latent: Latent, y: float, radius: float, chance: float) -> float:
    """Where the ground begins: behind a standing subject's feet, below the moon."""
    if CATEGORIES[latent.category] == "night":
        return min(max(y + radius + 0.15, 0.55), 0.85)
    return float(np.clip(y + radius * (0.1 + 0.7 * chance), 0.25, 0.8))


def _subjects(image: Array, latent: Latent, x: float, y: float, radius: float) -> None:
    """Draw the subject and, where the picture is symmetric and the subject off-centre, its growing mirror twin."""
    category = CATEGORIES[latent.category]
    width = image.shape[1]
    hue = subject_hue(latent)
    paint = paints(hue, hue + (0.5 if latent.opposite else 0.08))
    light = latent.light * (1 - latent.symmetry)
    if latent.symmetry > 0.3 and abs(2 * x - width) > 1:
        grown = (latent.symmetry - 0.3) / 0.7
        place(image, category, (width - x, y), radius * grown, True, light, paint, latent.texture)
    place(image, category, (x, y), radius, False, light, paint, latent.texture)


def _develop(image: Array, latent: Latent, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Set exposure, contrast and saturation as one does in the darkroom, then add grain.

    Luminance and colour are set apart: mean and spread of luminance by brightness and contrast, the root mean square
    of colour by colourfulness. Half of a scene's own deviation is kept, so that a night stays darker than a beach.
    """
    height, width = image.shape[:2]
    luminance = image @ LUMA
    chroma = image - luminance[..., None]
    mean, spread = float(luminance.mean()), float(luminance.std()) + 1e-3
    saturation = float(np.sqrt((chroma**2).mean())) + 1e-3
    exposure = 0.22 + 0.5 * latent.brightness + 0.35 * (mean - 0.5)
    tone = (0.055 + 0.2 * latent.contrast) * (spread / 0.16) ** 0.4
    vivid = min((0.006 + 0.14 * latent.colourfulness) / saturation, 3.0)
    toned = exposure + (luminance - mean) * (tone / spread)
    toned = 0.5 + 0.56 * np.tanh((toned - 0.5) / 0.56)  # a film-like shoulder instead of burnt-out areas
    grain = rng.standard_normal((height, width), dtype=np.float32) * (0.003 + 0.02 * latent.grain)
    pixels = (toned + grain)[..., None] + vivid * chroma
    return np.asarray(np.clip(pixels * 255 + 0.5, 0, 255), dtype=np.uint8)
