"""Train a network that ``torch.compile`` has translated."""

from __future__ import annotations

import logging
from typing import Any

import pytorch_lightning as pl

log = logging.getLogger(__name__)


class Compile(pl.Callback):
    """Compile the task's ``network`` in place while the task trains; names and values of its parameters stay.

    The first batches take minutes; on a CPU this seldom pays (experiments/performance).

    NOTE: a task that steps by itself (``MetaTask``) is left as it is. It learns on copies of its network, and a copy
    of a compiled network would go on calling the original.

    Args:
        options: arguments of ``torch.compile``, for instance ``backend`` or ``mode``.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Have the network translated at its next call."""
        if not pl_module.automatic_optimization:
            log.info("%s learns on copies of its network, which is not compiled", type(pl_module).__name__)
            return
        pl_module.network.compile(**self.options)  # type: ignore[union-attr]

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Let the network be called as it was written, and be copied."""
        pl_module.network._compiled_call_impl = None  # type: ignore[union-attr]
