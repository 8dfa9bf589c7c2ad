"""Meta-training: a prior that is good to start from, learnt from users as tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ExponentialLR

from piaa_lightning.examples import Episode
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.tasks.prior import PriorTask


class MetaTask(PriorTask):
    """Moves theta by a learner's outer gradient; validated after adapting to ten ratings of each validation user.

    Args:
        network: holds theta; trained in place.
        learner: makes the learner of the network.
        optimizer: makes the outer optimiser; plain SGD with learning rate beta is the talk's update.
        gamma: the outer learning rate of epoch e is beta x gamma^e.
    """

    def __init__(
        self,
        network: nn.Module,
        learner: Callable[[nn.Module], BilevelLearner],
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        gamma: float = 1.0,
    ) -> None:
        super().__init__(network)
        # the learner refers to the network; kept out of the module tree so that theta is saved once
        self._learner = (learner(network),)
        self.make_optimizer = optimizer
        self.gamma = gamma
        self.automatic_optimization = False

    @property
    def learner(self) -> BilevelLearner:
        """The learner whose outer gradient moves theta."""
        return self._learner[0]

    def training_step(self, batch: list[Episode], batch_idx: int) -> None:
        """Take one outer step over k users."""
        optimizer = cast(Any, self.optimizers())
        gradient = self.learner.outer_gradient(batch)
        for parameter, value in zip(self.network.parameters(), gradient, strict=True):
            parameter.grad = value
        optimizer.step()
        length = torch.stack([value.norm() for value in gradient]).norm()
        self.log("train/outer_gradient_norm", length, batch_size=len(batch), prog_bar=True)

    def on_train_epoch_end(self) -> None:
        """Step the schedule of the outer learning rate once per epoch."""
        cast(Any, self.lr_schedulers()).step()

    def personal_scores(self, episode: Episode) -> Tensor:
        """Adapt to the support pictures, then score the query pictures."""
        adapted = self.learner.adapt(episode.support)
        with torch.no_grad():
            scores: Tensor = adapted(episode.query.inputs)
        return scores

    def configure_optimizers(self) -> Any:
        """Return the outer optimiser and its schedule."""
        optimizer = self.make_optimizer(self.network.parameters())
        return [optimizer], [ExponentialLR(optimizer, self.gamma)]
