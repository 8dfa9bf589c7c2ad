"""Pathways for attributes: small networks that each look at an image for one thing, and a synthesis of all."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.network import ScoreNetwork, images_needed
from piaa_lightning.models.papers.hue_saturation_value import hue_saturation_value

GRID = 4  # places in each direction that a pathway's last map is averaged to
COLOURS = 3  # hue, saturation, value


class AttributePathways(ScoreNetwork):
    """Pathways for styles and for hue, saturation and value, and a synthesis network on them: BDN.

    Source: Wang, Chang, Dolcos et al., "Brain-inspired deep networks for image aesthetics assessment", 2016: parallel
    fully convolutional pathways of four layers, one supervised by each of AVA's 14 styles, three of colours, and a
    high-level synthesis network.
    NOTE: the paper trains pathways first, those of colours as autoencoders; here all learn at once, and the colours'
    from the score alone. The synthesis network says good or bad; the paper's also predicts a distribution. Pathways
    are small networks of their own and no copies of the run's backbone, whose input size alone is used. Equal pathways
    run as one convolution with groups: the same arithmetic, in fewer calls.

    Args:
        backbone: says how large images are.
        head: makes the synthesis network from all pathways.
        features: not used; all networks are made alike.
        styles: pathways of styles.
        width: channels of a pathway.

    Raises:
        UserError: frozen features are fed in.
    """

    counted_by = "task.network.styles"

    def __init__(
        self,
        backbone: Backbone | None,
        head: Callable[[int], nn.Module],
        features: int,
        styles: int = 14,
        width: int = 8,
    ) -> None:
        size = images_needed(backbone, "a network of pathways").size
        of_colours = _pathways(COLOURS, width, alone=True)
        with torch.no_grad():
            length = _averaged(of_colours.eval()(torch.zeros(1, 3, size, size))).shape[1] // COLOURS
        super().__init__(None, head((styles + COLOURS) * length))
        self.of_styles = _pathways(styles, width, alone=False)
        self.of_colours = of_colours.train()
        self.own = nn.Conv1d(styles * length, styles, 1, groups=styles)  # every pathway's own linear label

    def prepare(self, inputs: Tensor) -> Tensor:
        """Return images ``(batch, 3, size, size)`` in [0, 1]."""
        return inputs if inputs.is_floating_point() else inputs.to(torch.get_default_dtype()) / 255

    def embed(self, inputs: Tensor) -> Tensor:
        """Return all pathways side by side, those of styles first."""
        return torch.cat(self._paths(inputs), dim=1)

    def both(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return scores ``(batch,)`` in [0, 1] and styles ``(batch, styles)`` in [-1, 1]."""
        styles, colours = self._paths(inputs)
        return self.head(torch.cat([styles, colours], dim=1)), self.own(styles[:, :, None]).squeeze(2).tanh()

    def _paths(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        images = self.prepare(inputs)
        colours = self.of_colours(hue_saturation_value(images) * 2 - 1)
        return _averaged(self.of_styles(images * 2 - 1)), _averaged(colours)


def _pathways(count: int, width: int, alone: bool) -> nn.Sequential:
    """Make equal pathways of four convolutions; alone, each sees one of three channels, or else all of them."""
    layers: list[nn.Module] = []
    channels, groups = 3, count if alone else 1
    for kernel, stride in ((4, 4), (3, 2), (3, 2), (3, 1)):
        padding = 0 if kernel == stride else kernel // 2
        convolution = nn.Conv2d(channels, count * width, kernel, stride, padding, groups=groups, bias=False)
        layers += [convolution, nn.BatchNorm2d(count * width), nn.ReLU()]
        channels, groups = count * width, count
    return nn.Sequential(*layers)


def _averaged(maps: Tensor) -> Tensor:
    """Average maps over about ``GRID`` x ``GRID`` places, and put the places of each channel side by side."""
    return avg_pool2d(maps, max(1, maps.shape[-1] // GRID)).flatten(1)
