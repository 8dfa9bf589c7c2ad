"""Low-rank adaptation: linear layers and convolutions get an update of small rank, which alone moves with a user."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.models.added import Added, is_plain_convolution, swap


class LowRank(Added):
    """B A x, of which B starts at zero.

    Args:
        base: the layer that it is added to; A has its shape with ``rank`` outputs.
        rank: at most the layer's own.
    """

    def __init__(self, base: nn.Linear | nn.Conv2d, rank: int) -> None:
        super().__init__()
        if isinstance(base, nn.Linear):
            rank = min(rank, base.in_features, base.out_features)
            self.down: nn.Module = nn.Linear(base.in_features, rank, bias=False)
            up: nn.Linear | nn.Conv2d = nn.Linear(rank, base.out_features, bias=False)
        else:
            rank = min(rank, base.in_channels, base.out_channels)
            shape = {"stride": base.stride, "padding": base.padding, "dilation": base.dilation}
            self.down = nn.Conv2d(base.in_channels, rank, base.kernel_size, bias=False, **shape)  # type: ignore[arg-type]
            up = nn.Conv2d(rank, base.out_channels, 1, bias=False)
        nn.init.zeros_(up.weight)
        self.up = up

    def forward(self, inputs: Tensor) -> Tensor:
        """Return what is added to the layer's output."""
        return cast(Tensor, self.up(self.down(inputs)))


class Updated(nn.Module):
    """A layer and its update.

    Args:
        base: the layer.
        update: what is added to its output.
    """

    def __init__(self, base: nn.Module, update: Added) -> None:
        super().__init__()
        self.base = base
        self.update = update

    def forward(self, inputs: Tensor) -> Tensor:
        """Return base(x) + update(x)."""
        return cast(Tensor, self.base(inputs) + self.update(inputs))


def low_rank(network: nn.Module, rank: int = 4) -> nn.Module:
    """Add a low-rank update to every linear layer and convolution, W x + B A x.

    Source: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", ICLR 2022. As B starts at zero the network
    scores as before. NOTE: their factor alpha / rank is left out, the inner rate takes its place; layers with groups or
    a padding of their own are left as they are.

    Args:
        network: changed in place.
        rank: of every update, from 1.

    Returns:
        The same network.

    Raises:
        UserError: the rank is below 1, or there is no such layer.
    """
    if rank < 1:
        raise UserError(f"task.grow.rank={rank}: give a rank from 1.")
    layers = [(path, module) for path, module in network.named_modules() if _takes_one(module)]
    if not layers:
        raise UserError("task.grow: the prior has no linear layer or convolution to update.")
    for path, module in layers:
        swap(network, path, Updated(module, LowRank(cast("nn.Linear | nn.Conv2d", module), rank)))
    return network


def _takes_one(module: nn.Module) -> bool:
    return type(module) is nn.Linear or is_plain_convolution(module)
