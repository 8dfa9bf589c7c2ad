"""DMA: several patches of an image through one network, and an aggregation that does not know their order."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork, images_needed
from piaa_lightning.models.papers.patches import apart, each


def statistics(features: Tensor) -> Tensor:
    """Least, greatest, median and mean of every feature over the patches.

    Source: Lu, Lin, Shen, Mech, Wang, "Deep Multi-Patch Aggregation Network for Image Style, Aesthetics, and Quality
    Estimation", ICCV 2015, statistics layer.

    Args:
        features: ``(batch, patches, features)``.

    Returns:
        ``(batch, 4 * features)``.
    """
    ordered = features.sort(dim=1).values
    count = ordered.shape[1]
    median = (ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / 2
    return torch.cat([ordered[:, 0], ordered[:, -1], median, features.mean(dim=1)], dim=1)


def sorting(features: Tensor) -> Tensor:
    """Every feature's values over the patches in ascending order, of the least of all features to the greatest.

    Source: Lu et al., ICCV 2015, sorting layer.

    Args:
        features: ``(batch, patches, features)``.

    Returns:
        ``(batch, patches * features)``.
    """
    return features.sort(dim=1).values.flatten(1)


AGGREGATIONS: dict[str, Callable[[Tensor], Tensor]] = {"statistics": statistics, "sorting": sorting}


class PatchAggregation(ScoreNetwork):
    """A bag of patches, one set of parameters for all of them, and a head on what they have in common.

    Source: Lu et al., ICCV 2015: five patches of 224 pixels, drawn at random from the image at its own size.
    NOTE: here patches come from the image squashed to ``data.patch_scale`` times the network's size, and where nothing
    is drawn they lie at its centre and corners; the paper draws in testing too. The whole image is not looked at.

    Args:
        backbone: shared by all patches.
        head: makes the head from the length of what the aggregation returns.
        features: of one patch.
        patches: of an image.
        aggregation: ``statistics`` or ``sorting``.

    Raises:
        UserError: another aggregation, or frozen features.
    """

    name = "DMA"

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        patches: int = 5,
        aggregation: str = "statistics",
    ) -> None:
        if aggregation not in AGGREGATIONS:
            raise UserError(f"task.network.aggregation={aggregation}: choose {' or '.join(AGGREGATIONS)}.")
        super().__init__(
            images_needed(backbone, self.name), head(features * (patches if aggregation == "sorting" else 4))
        )
        self.patches = patches
        self.aggregate = AGGREGATIONS[aggregation]

    def embed(self, inputs: Tensor) -> Tensor:
        """Return what the patches have in common.

        Args:
            inputs: ``(batch, 1 + patches, 3, size, size)``; the first, the whole image, is not looked at.

        Returns:
            ``(batch, 4 * features)`` or ``(batch, patches * features)``.
        """
        eye = images_needed(self.backbone, self.name)
        return self.aggregate(each(eye, apart(inputs, self.name)[1]))
