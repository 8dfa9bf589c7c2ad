"""Base of metrics that need every row at once: it keeps rows, and joins those of several processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat


class RowMetric(Metric):
    """Keeps columns of equal length, gathered over processes when the metric is computed.

    Each column starts with no rows but with its own type and width: a process that saw no batch joins the others,
    where torchmetrics' own stand-in for such a process, single-precision numbers, fits no other process's column.

    Args:
        columns: name to the width of a column of doubles, () for one number in each row, or to None for a column
            of whole numbers.
        kwargs: torchmetrics' own settings.
    """

    is_differentiable = False
    full_state_update = False

    def __init__(self, columns: Mapping[str, tuple[int, ...] | None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns = dict(columns)
        for name in self.columns:
            self.add_state(name, default=[], dist_reduce_fx="cat")
        self._start()

    def reset(self) -> None:
        """Forget all rows."""
        super().reset()
        self._start()

    def add(self, **batch: Tensor) -> None:
        """Keep a batch, one tensor for each column.

        Raises:
            ValueError: lengths that differ, or a width that is not the column's.
        """
        if len({len(values) for values in batch.values()}) > 1:
            raise ValueError(", ".join(f"{len(values)} {name}" for name, values in batch.items()))
        for name, width in self.columns.items():
            values = batch[name].detach()
            if values.shape[1:] != (width or ()):
                raise ValueError(f"{name} {tuple(values.shape)} must be {('batch', *(width or ()))}")
            getattr(self, name).append(values.long() if width is None else values.double())

    def rows(self, once: str | None = None) -> dict[str, NDArray[Any]]:
        """Return every column as an array.

        Args:
            once: a column of whole numbers that names the rows: of each name the first row counts, and rows come in
                the order of their names, so that the result is the same whichever process saw them.
        """
        arrays = {name: dim_zero_cat(getattr(self, name)).cpu().numpy() for name in self.columns}
        if once is None:
            return arrays
        first = np.unique(arrays[once], return_index=True)[1]
        return {name: values[first] for name, values in arrays.items()}

    def _start(self) -> None:
        for name, width in self.columns.items():
            dtype = torch.int64 if width is None else torch.float64
            getattr(self, name).append(torch.zeros(0, *(width or ()), dtype=dtype, device=self.device))
