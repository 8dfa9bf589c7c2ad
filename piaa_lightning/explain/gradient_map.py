"""Gradient maps: how much a score depends on each pixel."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from piaa_lightning.errors import UserError

INSTALL = "pip install 'piaa-lightning[explain]'"
STRONGEST = 0.1  # share of the pixels that `concentration` looks at


def available() -> bool:
    """Whether captum, which computes the gradients, is installed."""
    return find_spec("captum") is not None


def gradient_map(score: Callable[[Tensor], Tensor], images: Tensor, blur: float = 0.06) -> Tensor:
    """Return the largest absolute gradient over colours of each score with respect to each pixel.

    Source: Simonyan et al. 2014, "Deep inside convolutional networks", section 3, through captum's ``Saliency``; the
    talk's figure links a notebook of such maps.
    NOTE: single pixels flicker, so maps are smoothed by a box that is passed over them twice.

    Args:
        score: turns normalised images into ``(batch,)`` scores; a network takes them by ``network.prepare``.
        images: ``(batch, 3, size, size)`` normalised floats.
        blur: side of the box as a share of the image's side; 0 leaves the gradients as they are.

    Returns:
        ``(batch, size, size)``, not negative, in units of the score per unit of a normalised pixel.

    Raises:
        UserError: captum is not installed.
    """
    try:
        from captum.attr import Saliency
    except ImportError as error:
        raise UserError(f"Gradient maps need captum: {INSTALL}, or draw none with report.maps=0.") from error
    with torch.inference_mode(False), torch.enable_grad():
        inputs = images.detach().clone().requires_grad_()
        gradient: Tensor = Saliency(score).attribute(inputs, abs=True)
    return smoothed(gradient.detach().amax(dim=1), blur)


def smoothed(maps: Tensor, blur: float) -> Tensor:
    """Pass a box over maps twice, which is a triangle's weights; borders average what they have.

    Args:
        maps: ``(batch, size, size)``.
        blur: side of the box as a share of ``size``.
    """
    side = 2 * int(blur * maps.shape[-1] / 2) + 1
    for _ in range(2 if side > 1 else 0):
        maps = avg_pool2d(maps[:, None], side, 1, side // 2, count_include_pad=False)[:, 0]
    return maps


def concentration(maps: Tensor) -> Tensor:
    """Return how much of a map lies in its strongest tenth of pixels: .1 where it is even, 1 where it is there alone.

    Args:
        maps: ``(batch, size, size)``, not negative.

    Returns:
        ``(batch,)`` shares; .1 for a map of zeros.
    """
    flat = maps.flatten(1)
    strongest = max(1, round(STRONGEST * flat.shape[1]))
    total = flat.sum(dim=1)
    share = flat.topk(strongest, dim=1).values.sum(dim=1) / total.clamp_min(torch.finfo(flat.dtype).tiny)
    return torch.where(total > 0, share, torch.full_like(share, STRONGEST))
