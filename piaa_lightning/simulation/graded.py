"""Simulated ratings of single aspects of an image, beside how much a user likes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from piaa_lightning.simulation.latent import ATTRIBUTES
from piaa_lightning.simulation.population import Floats

Weights = Mapping[str, float]  # of an image's attributes; only the proportions matter


def aspect(attributes: Floats, weights: Weights) -> Floats:
    """Standardised strength of an aspect, ``(images,)``, of attributes ``(images, attributes)`` in [0, 1]."""
    weight = np.array([weights.get(name, 0.0) for name in ATTRIBUTES])
    return np.asarray((attributes - 0.5) * np.sqrt(12) @ (weight / np.linalg.norm(weight)))


def grade(rng: np.random.Generator, strength: Floats, low: int, high: int, error: float = 0.7) -> Floats:
    """Whole grades from ``low`` to ``high`` for standardised strengths; ``error`` is how much users differ in them."""
    middle, unit = (low + high) / 2, (high - low) / 4
    felt = strength + error * rng.standard_normal(strength.shape)
    return np.asarray(np.clip(np.round(middle + unit * felt), low, high))
