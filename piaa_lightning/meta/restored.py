"""Lending a network to one user: it is moved in place, and is itself again afterwards, whatever happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def restored(network: nn.Module, parameters: Sequence[Tensor], keep_buffers: bool = False) -> Iterator[list[Tensor]]:
    """Lend a network, and take it back bit for bit: parameters, buffers and the modes of all modules.

    A user's copy costs a copy of the parameters that move and nothing else: no second network, no second graph.

    Args:
        network: may be moved in place by the borrower.
        parameters: those of the network that the borrower moves.
        keep_buffers: whether what the borrower did to the buffers stays (``bn_mode=accumulate`` in meta-training).

    Yields:
        theta: copies of ``parameters`` as they were.
    """
    moved = [parameter.detach() for parameter in parameters]  # the same memory, out of autograd's sight
    buffers = [] if keep_buffers else [buffer.detach() for buffer in network.buffers()]
    modes = [(module, module.training) for module in network.modules()]
    with torch.inference_mode(False):
        theta = [value.clone() for value in moved]
        statistics = [value.clone() for value in buffers]

    @torch.no_grad()
    def take_back() -> None:
        with torch.inference_mode(False):
            for values, originals in ((moved, theta), (buffers, statistics)):
                if values:
                    torch._foreach_copy_(values, originals)
        for module, mode in modes:
            module.training = mode

    try:
        yield theta
    finally:
        try:
            take_back()
        except BaseException:  # a second interrupt, in the middle of this
            take_back()
            raise
