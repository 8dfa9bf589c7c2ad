"""Draw an image from its description: a stylised image whose attributes mean what photographers mean by them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from piaa_lightning.simulation.clutter import clutter
from piaa_lightning.simulation.fields import Array
from piaa_lightning.simulation.latent import CATEGORIES, Latent
from piaa_lightning.simulation.scenery import Frame, backdrop, scene_of
from piaa_lightning.simulation.subjects import paints, place

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601, what JPEG uses
BLUR = 0.055  # background blur at depth of field 1, standard deviation as a share of the shorter side
AWKWARD = 0.28  # turns between hues that users call clashing: neither neighbours nor opposites
SHOULDER = 0.56  # lights and shades bend like film instead of burning out
NEIGHBOUR, OPPOSITE = 0.06, 0.5
FULL_FRAME = ("flower", "person", "food")  # close-ups: larger subjects, no horizon


def draw(latent: Latent, width: int, height: int) -> NDArray[np.uint8]:
    """Draw an image.

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
    frame = Frame(latent, scene_of(latent), rng, height, width, _horizon(latent, y, radius / height))
    image = backdrop(frame)
    clutter(image, frame)
    image *= 1 + 0.22 * latent.light * (1 - latent.symmetry) * frame.x
    if latent.depth > 0.02:
        sigma = BLUR * latent.depth * min(width, height)
        image = gaussian_filter(image, (0, sigma, sigma), mode="nearest", truncate=2)
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


def _horizon(latent: Latent, y: float, radius: float) -> float:
    """Where the context begins: behind a standing subject, below the moon, nowhere in a close-up."""
    if CATEGORIES[latent.category] in FULL_FRAME:
        return 0.0
    if CATEGORIES[latent.category] == "night":
        return min(max(y + radius + 0.15, 0.55), 0.85)
    return float(np.clip(y + radius * (0.1 + 0.7 * latent.rise), 0.25, 0.8))


def _subjects(image: Array, latent: Latent, x: float, y: float, radius: float) -> None:
    """Draw the subject and, where the image is symmetric and the subject off-centre, its growing mirror twin."""
    category = CATEGORIES[latent.category]
    width = image.shape[2]
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
    luminance = np.tensordot(LUMA, image, 1)
    chroma = image - luminance
    mean, spread = float(luminance.mean()), float(luminance.std()) + 1e-3
    saturation = float(np.sqrt(np.vdot(chroma, chroma) / chroma.size)) + 1e-3
    exposure = 0.22 + 0.5 * latent.brightness + 0.35 * (mean - 0.5)
    tone = (0.055 + 0.2 * latent.contrast) * (spread / 0.16) ** 0.4
    vivid = min((0.006 + 0.14 * latent.colourfulness) / saturation, 3.0)
    toned = (exposure - 0.5 + (luminance - mean) * (tone / spread)) / SHOULDER
    toned = 0.5 + SHOULDER * np.tanh(toned)
    toned += rng.standard_normal(toned.shape, dtype=np.float32) * (0.003 + 0.02 * latent.grain)
    pixels = np.clip((toned + vivid * chroma) * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.moveaxis(pixels, 0, -1))
