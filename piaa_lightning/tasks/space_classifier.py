"""A linear classifier in an aesthetic space that is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.losses.score import score_loss
from piaa_lightning.tasks.generic import GenericTask


class SpaceClassifierTask(GenericTask):
    """The classifier learns in the space as it is; backbone and space stay, statistics of batch norm included.

    Source: Schwarz et al., WACV 2018, who train the classifier once the space is done.

    Args:
        network: an `AestheticSpace` that `AestheticSpaceTask` has trained; its head is trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: see `DescentTask`.
        lr_by_part: see `DescentTask`.
        loss: of the classifier's outputs and average scores.
    """

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        loss: Callable[[Tensor, Tensor], Tensor] = score_loss,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part, loss)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith("head."))

    def on_train_epoch_start(self) -> None:
        """Keep the statistics of everything below the classifier."""
        self.network.eval()
        self.network.head.train()
