"""Scoring images with a network, as the personalizers that stand on a prior do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from piaa_lightning.data.ratings import Indices, Scores
from piaa_lightning.errors import UserError
from piaa_lightning.personalizers.personalizer import FitContext

ON_CPU, BATCH = 32, 256  # images scored at once; 32 leave their activations in a processor's cache


def batch_on(device: torch.device) -> int:
    """Return how many images are scored at once, which bounds memory for users who rated thousands."""
    return ON_CPU if device.type == "cpu" else BATCH


class NetworkScorer:
    """A prior with its inputs and device.

    Args:
        context: must hold a model.

    Raises:
        UserError: there is no prior.
    """

    def __init__(self, context: FitContext) -> None:
        if context.model is None:
            raise UserError("methods: this method starts from a prior and none is given; add `model: ${task}` to it.")
        self.model = context.model.to(context.device).eval()
        self.device = context.device
        self.held_out = np.concatenate([context.split.val_images, context.split.test_images])
        self._inputs, self._images = context.inputs, context.table.images
        self._zero_shot: Scores | None = None

    def inputs_of(self, images: Indices) -> Tensor:
        """Return the images as a network sees them, on its device."""
        return self._inputs.batch(images).to(self.device)

    def score(self, network: nn.Module, images: Indices) -> Scores:
        """Score images.

        Args:
            network: the prior or a copy of it.
            images: numbers of the images.

        Returns:
            ``(len(images),)`` in [0, 1].
        """
        return self.map(network, images).cpu().numpy().astype(np.float32, copy=False)

    def map(self, function: Callable[[Tensor], Tensor], images: Indices) -> Tensor:
        """Apply a function of images to many of them, a bounded number at a time."""
        some = batch_on(self.device)
        starts = range(0, len(images), some)
        with torch.no_grad():
            return torch.cat([function(self.inputs_of(images[start : start + some])) for start in starts])

    def zero_shot(self) -> Scores:
        """Return the prior's own scores, NaN for images that nobody is evaluated on.

        Every held-out image is scored once for all users, repeats and shots.

        Returns:
            ``(images of the table,)``.
        """
        if self._zero_shot is None:
            self._zero_shot = np.full(self._images, np.nan, dtype=np.float32)
            self._zero_shot[self.held_out] = self.score(self.model, self.held_out)
        return self._zero_shot
