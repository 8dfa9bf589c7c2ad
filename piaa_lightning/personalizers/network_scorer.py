"""Scoring pictures with a network, as the personalisers that stand on a prior do."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.personalizer import Ground

BATCH = 256  # pictures scored at once; bounds memory for people who rated thousands


class NetworkScorer:
    """A prior with its inputs and device.

    Args:
        ground: must hold a prior.

    Raises:
        UserError: there is no prior.
    """

    def __init__(self, ground: Ground) -> None:
        if ground.prior is None:
            raise UserError("methods: this method starts from a prior and none is given; add `prior: ${task}` to it.")
        self.prior = ground.prior.to(ground.device).eval()
        self._inputs, self._device = ground.inputs, ground.device

    def inputs_of(self, images: Indices) -> Tensor:
        """Return the pictures as a network sees them, on its device."""
        return self._inputs.batch(images).to(self._device)

    def score(self, network: nn.Module, images: Indices) -> Scores:
        """Score pictures.

        Args:
            network: the prior or a copy of it.
            images: numbers of the pictures.

        Returns:
            ``(len(images),)`` in [0, 1].
        """
        starts = range(0, len(images), BATCH)
        with torch.no_grad():
            parts = [network(self.inputs_of(images[start : start + BATCH])).cpu().numpy() for start in starts]
        return np.concatenate(parts).astype(np.float32, copy=False)
