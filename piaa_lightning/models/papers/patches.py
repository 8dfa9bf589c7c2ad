"""Common parts of networks that look at an image and at patches of it."""

from __future__ import annotations

from torch import Tensor

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone


def apart(views: Tensor, what: str) -> tuple[Tensor, Tensor]:
    """Take an image and its patches apart.

    Args:
        views: ``(batch, 1 + patches, 3, size, size)``, the image first.
        what: the network is, in words.

    Returns:
        ``(batch, 3, size, size)`` and ``(batch, patches, 3, size, size)``.

    Raises:
        UserError: images without patches.
    """
    if views.ndim != 5 or views.shape[1] < 2:
        raise UserError(
            f"{what} looks at patches beside the image, which come without any here; evaluate it with an evaluation."
        )
    return views[:, 0], views[:, 1:]


def each(backbone: Backbone, patches: Tensor) -> Tensor:
    """Send all patches through one backbone in one pass, ``(batch, patches, features)``."""
    batch, count = patches.shape[:2]
    features: Tensor = backbone(patches.flatten(0, 1))
    return features.view(batch, count, -1)
