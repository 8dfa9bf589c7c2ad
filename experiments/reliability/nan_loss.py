"""``python -m piaa_lightning`` with losses of the generic prior that are not finite: every fifth."""

from __future__ import annotations

import itertools

import torch

from piaa_lightning.__main__ import main
from piaa_lightning.tasks.generic import GenericTask

numbers, step = itertools.count(1), GenericTask.training_step


def spoilt(task, batch, number):  # noqa: ANN001, ANN201
    """Return the loss, or one that is not finite."""
    return step(task, batch, number) * (torch.nan if next(numbers) % 5 == 0 else 1)


GenericTask.training_step = spoilt  # type: ignore[method-assign]
main()
