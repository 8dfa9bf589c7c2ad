"""The field's main number: the mean over people of each person's own rank correlation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities.data import dim_zero_cat

from piaa_lightning.metrics.srocc import srocc


class PerUserSROCC(Metric):
    """Mean over users of the SROCC within each user.

    Pooling all (user, image) pairs into one SROCC measures something else, mostly how well users' means are known.
    Users with fewer than ``min_ratings`` ratings or with one constant rating are left out; after ``compute`` their
    number is in ``users_dropped`` and the number of the others in ``users_counted``.

    Args:
        min_ratings: fewest ratings of a user that counts, at least 2.
        kwargs: torchmetrics' own settings.

    Raises:
        ValueError: ``min_ratings`` below 2.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    users: list[Tensor]
    preds: list[Tensor]
    target: list[Tensor]

    def __init__(self, min_ratings: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if min_ratings < 2:
            raise ValueError(f"min_ratings must be at least 2, not {min_ratings}")
        self.min_ratings = min_ratings
        self.users_counted = 0
        self.users_dropped = 0
        for state in ("users", "preds", "target"):
            self.add_state(state, default=[], dist_reduce_fx="cat")

    def update(self, users: Tensor, preds: Tensor, target: Tensor) -> None:
        """Add a batch.

        Args:
            users: ``(batch,)`` whole numbers that name the users.
            preds: ``(batch,)`` predicted scores, higher is more beautiful.
            target: ``(batch,)`` the users' own scores.

        Raises:
            ValueError: lengths that differ.
        """
        if not users.numel() == preds.numel() == target.numel():
            raise ValueError(f"{users.numel()} users, {preds.numel()} predictions and {target.numel()} targets")
        self.users.append(users.detach().flatten())
        self.preds.append(preds.detach().flatten().double())
        self.target.append(target.detach().flatten().double())

    def compute(self) -> Tensor:
        """Return the mean over the users that count, NaN when there are none.

        Raises:
            ValueError: a prediction or a target is NaN.
        """
        values: list[float] = []
        dropped = 0
        if len(self.users) > 0:
            users, preds, target = (dim_zero_cat(s).cpu().numpy() for s in (self.users, self.preds, self.target))
            order = np.argsort(users, kind="stable")
            starts = np.unique(users[order], return_index=True)[1]
            for rows in np.split(order, starts[1:]):
                value = srocc(preds[rows], target[rows]) if len(rows) >= self.min_ratings else float("nan")
                if np.isnan(value):
                    dropped += 1
                else:
                    values.append(value)
        self.users_counted, self.users_dropped = len(values), dropped
        mean = float(np.mean(values)) if values else float("nan")
        return torch.tensor(mean, device=self.device)
