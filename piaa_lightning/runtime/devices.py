"""Choose the device that networks run on."""

from __future__ import annotations

import torch


def device_of(accelerator: str) -> torch.device:
    """Return where users are fitted and images are seen: on the accelerator that models are trained on.

    Args:
        accelerator: as Lightning's trainer has it. Of ``auto`` the fastest that is there; one that is not there is the
            processor, of which Lightning will complain where anything is to be trained.

    Example:
        >>> device_of("cpu")
        device(type='cpu')
    """
    if accelerator in ("gpu", "cuda", "auto") and torch.cuda.is_available():
        return torch.device("cuda")
    if accelerator in ("gpu", "mps", "auto") and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
