"""Measure the brightness of an image."""

from __future__ import annotations

from piaa_lightning.features.planes import AnyImage, planes_of


def brightness(image: AnyImage) -> float:
    """Mean luma, in [0, 1].

    Source: Ke, Tang, Jing, "The Design of High-Level Features for Photo Quality Assessment", CVPR 2006 (average
    brightness); Datta et al., ECCV 2006, call it exposure.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    return float(planes_of(image).luma.mean())
