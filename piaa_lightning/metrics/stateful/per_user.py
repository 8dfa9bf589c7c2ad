"""The field's main number: the mean over users of each user's own rank correlation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from piaa_lightning.metrics.srocc import srocc
from piaa_lightning.metrics.stateful.rows import RowMetric


class PerUserSROCC(RowMetric):
    """Mean over users of the SROCC within each user.

    Pooling all (user, image) pairs into one SROCC measures something else, mostly how well users' means are known.
    Users with fewer than ``min_ratings`` ratings or with one constant rating are left out; after ``compute`` their
    number is in ``users_dropped`` and the number of the others in ``users_counted``, of whom ``users_without_order``
    got a constant prediction, which counts as 0.

    NOTE: over several processes users must have the same numbers everywhere. A sampler that repeats *all* of a
    user's ratings to fill up the last batch changes nothing, one that repeats some of them does: give it whole users.

    Args:
        min_ratings: fewest ratings of a user that counts, at least 2.
        kwargs: torchmetrics' own settings.

    Raises:
        ValueError: ``min_ratings`` below 2.
    """

    higher_is_better = True

    def __init__(self, min_ratings: int = 2, **kwargs: Any) -> None:
        super().__init__({"users": None, "predictions": (), "targets": ()}, **kwargs)
        if min_ratings < 2:
            raise ValueError(f"min_ratings must be at least 2, not {min_ratings}")
        self.min_ratings = min_ratings
        self.users_counted = 0
        self.users_dropped = 0
        self.users_without_order = 0

    def update(self, users: Tensor, predictions: Tensor, targets: Tensor) -> None:
        """Add a batch.

        Args:
            users: ``(batch,)`` whole numbers that name the users.
            predictions: ``(batch,)`` predicted scores, higher is more beautiful.
            targets: ``(batch,)`` the users' own scores.

        Raises:
            ValueError: lengths that differ.
        """
        self.add(users=users.flatten(), predictions=predictions.flatten(), targets=targets.flatten())

    def compute(self) -> Tensor:
        """Return the mean over the users that count, NaN when there are none.

        Raises:
            ValueError: a prediction or a target is NaN.
        """
        users, predictions, targets = self.rows().values()
        order = np.argsort(users, kind="stable")
        starts = np.unique(users[order], return_index=True)[1]
        values: list[float] = []
        dropped = constant = 0
        for own in np.split(order, starts[1:]) if len(users) else []:
            value = srocc(predictions[own], targets[own]) if len(own) >= self.min_ratings else float("nan")
            if np.isnan(value):
                dropped += 1
            else:
                values.append(value)
                constant += int(np.ptp(predictions[own]) == 0)
        self.users_counted, self.users_dropped, self.users_without_order = len(values), dropped, constant
        mean = float(np.mean(values)) if values else float("nan")
        return torch.tensor(mean, device=self.device)
