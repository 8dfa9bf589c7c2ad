"""Colours as hue, saturation and value."""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-12


def hue_saturation_value(images: Tensor) -> Tensor:
    """Turn red, green and blue into hue, saturation and value.

    Source: Smith, "Color gamut transform pairs", SIGGRAPH 1978; Python's ``colorsys.rgb_to_hsv``.

    Args:
        images: ``(batch, 3, height, width)`` in [0, 1].

    Returns:
        ``(batch, 3, height, width)`` in [0, 1]; hue is a share of the circle from red, 0 where there is no colour.
    """
    value, brightest = images.max(dim=1)
    span = value - images.min(dim=1).values
    red, green, blue = images.unbind(dim=1)
    unit = span.clamp(min=TINY)
    sixths = torch.where(
        brightest == 0,
        (green - blue) / unit,
        torch.where(brightest == 1, 2 + (blue - red) / unit, 4 + (red - green) / unit),
    )
    hue = torch.where(span > 0, sixths / 6 % 1, 0.0)
    return torch.stack([hue, span / value.clamp(min=TINY), value], dim=1)
