"""One user's own copy of a network."""

from __future__ import annotations

from typing import TypeVar, cast

import torch
from torch import nn

from piaa_lightning.meta._learn2learn import clone_module, detach_module

Network = TypeVar("Network", bound=nn.Module)


def clone_for_user(network: Network, differentiable: bool = False) -> Network:
    """Copy a network so that nothing done to the copy can reach the original.

    NOTE: learn2learn's ``clone_module`` shares every batch-norm buffer with the original, so that adapting to one
    user would edit the prior; the buffers are cloned here as well.

    Args:
        network: the prior; it may live under ``torch.inference_mode``.
        differentiable: whether the copy's parameters remain functions of the original's, as second-order
            meta-learning needs.

    Returns:
        A copy; unless it is differentiable its parameters are leaves that require gradients where the original's do.
    """
    with torch.inference_mode(False), torch.enable_grad():
        copy = cast(Network, clone_module(network))
        for module in copy.modules():
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = buffer.clone()
        if not differentiable:
            detach_module(copy, keep_requires_grad=True)
    return copy
