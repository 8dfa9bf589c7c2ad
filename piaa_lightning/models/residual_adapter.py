"""Residual adapters: small branches beside a trained network's layers, which alone move with a user."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.added import Added, is_plain_convolution, swap
from piaa_lightning.models.lora import Updated
from piaa_lightning.models.network import ScoreNetwork


class Bottleneck(Added):
    """x + U relu(D x) on features, of which U starts at zero.

    Args:
        features: length of a feature vector.
        width: of the bottleneck.
    """

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.down = nn.Linear(features, width)
        self.up = nn.Linear(width, features)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Return adapted features of the same shape."""
        return cast(Tensor, features + self.up(torch.relu(self.down(features))))


class Pointwise(Added):
    """A 1x1 convolution beside a convolution, starting at zero.

    Args:
        base: the convolution.
    """

    def __init__(self, base: nn.Conv2d) -> None:
        super().__init__()
        self.layer = nn.Conv2d(base.in_channels, base.out_channels, 1, stride=base.stride, bias=False)  # type: ignore[arg-type]
        nn.init.zeros_(self.layer.weight)

    def forward(self, maps: Tensor) -> Tensor:
        """Return what is added to the convolution's output."""
        return cast(Tensor, self.layer(maps))


def adapted(network: ScoreNetwork, width: int = 16) -> ScoreNetwork:
    """Add a bottleneck before the head, and a 1x1 convolution beside every larger one of the backbone.

    Source: Houlsby et al., "Parameter-Efficient Transfer Learning for NLP", ICML 2019, for the bottleneck; Rebuffi,
    Bilen and Vedaldi, "Efficient parametrization of multi-domain deep neural networks", CVPR 2018, for the parallel
    convolutions. All start at zero, so that the network scores as before.

    Args:
        network: changed in place.
        width: of the bottleneck.

    Returns:
        The same network.

    Raises:
        UserError: the head does not begin with a linear layer.
    """
    linear = [module for module in network.head.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise UserError("task.grow: the prior's head has no linear layer to put an adapter before.")
    for path, module in list(network.named_modules()):
        if is_plain_convolution(module) and _keeps_size(cast(nn.Conv2d, module)):
            swap(network, path, Updated(module, Pointwise(cast(nn.Conv2d, module))))
    network.head = nn.Sequential(Bottleneck(linear[0].in_features, width), network.head)
    return network


def _keeps_size(layer: nn.Conv2d) -> bool:
    """Say whether a 1x1 convolution of the same stride gives a map of the same size."""
    if isinstance(layer.padding, str) or max(layer.dilation) > 1 or max(layer.kernel_size) == 1:
        return False
    return all(2 * pad == side - 1 for side, pad in zip(layer.kernel_size, layer.padding, strict=True))
