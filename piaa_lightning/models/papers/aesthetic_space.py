"""A space in which images of alike beauty lie near each other, and a classifier in it."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import normalize

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork


class AestheticSpace(ScoreNetwork):
    """A backbone, a linear map into the space, and a head on places in it.

    Source: Schwarz, Wieschollek and Lensch, "Will users like your image? Learning the aesthetic space", WACV 2018.
    NOTE: places lie on the unit sphere unless ``unit`` is False; the paper's choice is a hypothesis, as are the
    dimensions.

    Args:
        backbone: turns images into features; None where frozen features are fed in.
        head: makes the classifier from ``dimensions``.
        features: length of a feature vector.
        dimensions: of the space.
        unit: whether places have length one.
    """

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        dimensions: int = 64,
        unit: bool = True,
    ) -> None:
        super().__init__(backbone, head(dimensions))
        self.space = nn.Linear(features, dimensions)
        self.unit = unit

    def embed(self, inputs: Tensor) -> Tensor:
        """Return where images lie, ``(batch, dimensions)``."""
        places: Tensor = self.space(super().embed(inputs))
        return normalize(places, dim=1) if self.unit else places

    def placed(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` that teach the head alone, and places ``(batch, dimensions)``."""
        places = self.embed(inputs)
        return self.head(places.detach()), places
