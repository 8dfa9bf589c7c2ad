"""A network's convolutions in bfloat16 while users are fitted: faster, and rounded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

PRECISIONS = ("32-true", "bf16-mixed")  # Lightning's words


@contextmanager
def rounded(network: nn.Module) -> Iterator[None]:
    """Run the backbone of a network in bfloat16 on images that lie channels last, and everything else as ever.

    Weights, their gradients and the optimiser stay in single precision, as in Lightning's ``bf16-mixed``. NOTE: the
    head does too: bfloat16 has 8 bits, and scores that are equal for want of bits cost rank correlation.

    Args:
        network: with a ``backbone``; nothing of it is changed afterwards.
    """
    backbone = network.backbone
    assert isinstance(backbone, nn.Module)
    whole = backbone.forward

    def forward(images: Tensor) -> Tensor:
        if images.dim() == 4:
            images = images.contiguous(memory_format=torch.channels_last)
        # Not cached: the weights move between two passes, and autocast would go on with the ones it rounded first.
        with torch.autocast(images.device.type, torch.bfloat16, cache_enabled=False):
            features: Tensor = whole(images)
        return features.float()

    backbone.forward = forward
    try:
        yield
    finally:
        del backbone.forward  # the class's own is found again
