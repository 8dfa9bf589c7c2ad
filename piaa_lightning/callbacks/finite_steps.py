"""No step on numbers that are none: training stops with the batch kept, or passes it over."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.optim import Optimizer

from piaa_lightning.errors import UserError
from piaa_lightning.runtime.distributed import process_index
from piaa_lightning.runtime.files.atomic import replace_file

log = logging.getLogger(__name__)

CHOICES = ("stop", "skip")


class FiniteSteps(pl.Callback):
    """Looks at the gradient before every step of an optimiser: a loss that is not finite leaves none that is.

    Processes that train together hold the same gradient by then, so they stop or skip together.

    Args:
        on_nan: ``stop``, with the batch and the parameters in a file; or ``skip``, which leaves the parameters, the
            optimiser and running statistics as they were before the batch.
        file: where the batch goes; of several processes each has its own.

    Raises:
        UserError: no such choice, or a gradient that is not finite where training is to stop.
    """

    def __init__(self, on_nan: str, file: Path) -> None:
        if on_nan not in CHOICES:
            raise UserError(f"on_nan={on_nan}: choose one of {', '.join(CHOICES)}.")
        self.on_nan = on_nan
        self.file = file.with_name(f"{file.stem}_{process_index()}{file.suffix}") if process_index() else file
        self.skipped = 0
        self._batch: Any = None
        self._buffers: list[Tensor] = []

    def on_train_batch_start(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, number: int) -> None:
        """Remember the batch, and the running statistics that its forward pass will move."""
        self._batch = batch
        if self.on_nan == "skip":
            self._buffers = [value.clone() for value in module.buffers()]

    def on_before_optimizer_step(self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: Optimizer) -> None:
        """Look at the gradient."""
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        if not gradients or _finite(gradients):
            return
        where = f"epoch {trainer.current_epoch}, step {trainer.global_step}"
        if self.on_nan == "skip":
            self.skipped += 1
            log.warning("a gradient is not finite (%s): the step is left out", where)
            for parameter in parameters:
                parameter.grad = None  # which an optimiser passes over
            for value, before in zip(module.buffers(), self._buffers, strict=True):
                value.copy_(before)
            return
        content = io.BytesIO()
        torch.save({"batch": _plain(self._batch), "state_dict": module.state_dict(), "where": where}, content)
        replace_file(self.file, content.getvalue())
        raise UserError(
            f"The gradient is not finite ({where}); the batch is in {self.file}; lower the learning rate, correct the"
            " data, or leave such steps out with on_nan=skip."
        )


def _finite(gradients: list[Tensor]) -> bool:
    """Say whether all values are finite; only then is the sum of their magnitudes (in double precision)."""
    norms = torch.stack(torch._foreach_norm(gradients, 1, dtype=torch.float64))
    return bool(norms.isfinite().all())


def _plain(batch: Any) -> Any:
    """Return a batch as lists, dictionaries and tensors, which any program may load without trusting the file."""
    if isinstance(batch, tuple) and hasattr(batch, "_asdict"):
        return {name: _plain(value) for name, value in batch._asdict().items()}
    if isinstance(batch, dict):
        return {name: _plain(value) for name, value in batch.items()}
    if isinstance(batch, list | tuple):
        return [_plain(value) for value in batch]
    return batch if isinstance(batch, Tensor | int | float | str | bool | None) else repr(batch)
