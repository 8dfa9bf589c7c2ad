"""Tasks that descend on a loss: one optimiser, groups of parameters with their own rates, a schedule by epoch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.models.parameter_groups import optimizer_groups
from piaa_lightning.tasks.pretraining import PretrainingTask


class DescentTask(PretrainingTask):
    """Plain gradient descent on a loss.

    Args:
        network: what is trained, in place.
        optimizer: makes the optimiser of parameters, or of groups of them.
        schedule: makes the schedule, stepped once per epoch; None keeps the rate.
        lr_by_part: learning rates by the names of the network's parts, see ``nn.parameter_groups``; None trains
            everything at the optimiser's own rate.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(network)
        self.make_optimizer = optimizer
        self.make_schedule = schedule
        self.lr_by_part = lr_by_part

    def configure_optimizers(self) -> Any:
        """Return the optimiser and its schedule, stepped once per epoch."""
        moving = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        optimizer = self.make_optimizer(
            moving if self.lr_by_part is None else optimizer_groups(self.network, self.lr_by_part)
        )
        if self.make_schedule is None:
            return optimizer
        return [optimizer], [self.make_schedule(optimizer)]
