"""RAPID: a column for the whole image, one for a patch of it, and in the improved version one for its style."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork, images_needed
from piaa_lightning.models.papers.patches import apart, each


class DoubleColumn(ScoreNetwork):
    """Two columns with parameters of their own, one for the squashed image and one for a patch; one head on both.

    Source: Lu, Lin, Jin, Yang, Wang, "RAPID: Rating Pictorial Aesthetics Using Deep Learning", ACM MM 2014: a global
    and a local view, columns that are joined in the last layers, and the probability of being good.
    NOTE: both columns start from the same weights, the backbone's. Theirs are four convolutions; here they are whatever
    backbone the run has. Where an image comes with several patches, the local column's features are averaged, as the
    paper averages over crops in testing.

    Args:
        backbone: of the global column; the local one is a copy.
        head: makes the head from the length of both columns' features together.
        features: of one column.
        patches: of an image.
    """

    columns = 2
    name = "RAPID"

    def __init__(
        self, backbone: Backbone | None, head: Callable[[int], nn.Module], features: int, patches: int = 1
    ) -> None:
        eye = images_needed(backbone, self.name)
        super().__init__(eye, head(self.columns * features))
        self.local = copy.deepcopy(eye)
        self.patches = patches

    def embed(self, inputs: Tensor) -> Tensor:
        """Return the features of both columns side by side.

        Args:
            inputs: ``(batch, 1 + patches, 3, size, size)``, the image first.

        Returns:
            ``(batch, 2 * features)``.
        """
        whole, patches = apart(inputs, self.name)
        return torch.cat([super().embed(whole), each(self.local, patches).mean(dim=1)], dim=1)


class StyleColumn(DoubleColumn):
    """RAPID with a third column that knows the style of an image.

    Source: Lu et al., "Rating Image Aesthetics Using Deep Learning", IEEE TMM 2015: a style column, trained on AVA's
    14 styles, whose features join those of the two others and are not moved by aesthetics.
    NOTE: the paper trains the style column first and then holds it. Here it learns in step with the others, from
    images with styles alone: no gradient of aesthetics reaches it.

    Args:
        backbone: of the global column; the others are copies.
        head: makes the head from the length of three columns' features together.
        features: of one column.
        styles: makes the style branch from ``features``; its outputs lie in [-1, 1].
        patches: of an image.
    """

    columns = 3
    counted_by = "task.network.styles.traits"
    name = "RAPID (improved version)"

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        styles: Callable[[int], nn.Module],
        patches: int = 1,
    ) -> None:
        super().__init__(backbone, head, features, patches)
        self.style = copy.deepcopy(self.local)
        self.styles = styles(features)

    def embed(self, inputs: Tensor) -> Tensor:
        """Return the features of the three columns side by side, ``(batch, 3 * features)``."""
        return self._joined(inputs, self.style(apart(inputs, self.name)[0]))

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output of the head, and styles ``(batch, styles)`` in [-1, 1]."""
        of_style = self.style(apart(inputs, self.name)[0])
        return self.head(self._joined(inputs, of_style)), self.styles(of_style)

    def _joined(self, inputs: Tensor, of_style: Tensor) -> Tensor:
        return torch.cat([super().embed(inputs), of_style.detach()], dim=1)
