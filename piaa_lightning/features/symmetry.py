"""Whether the left half mirrors the right."""

from __future__ import annotations

from piaa_lightning.features.planes import AnyImage, averaged, planes_of

SIDE = 32


def symmetry(image: AnyImage) -> float:
    """Correlation of luma with its own mirror image, in [-1, 1]; 1 for a symmetric image and for a flat one.

    Source: the rule as the talk names it; the measure is the plainest reading of it, at 32 x 32 cells so that noise and
    leaves do not count.

    Args:
        image: ``(height, width, 3)`` uint8, or its planes.
    """
    luma = averaged(planes_of(image).luma, SIDE, SIDE)
    luma -= luma.mean()
    power = float((luma**2).sum())
    return 1.0 if power < 1e-9 else float((luma * luma[:, ::-1]).sum()) / power
