"""Meta-training: a prior that is good to start from, learnt from users as tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from pytorch_lightning.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor, nn
from torch.optim import Optimizer

from piaa_lightning.data.batches import Episode
from piaa_lightning.errors import ArgumentError, UserError
from piaa_lightning.meta.displacement import DisplacementLearner
from piaa_lightning.meta.engines import ENGINES
from piaa_lightning.meta.learner import MetaLearner
from piaa_lightning.runtime.choices import check_choice
from piaa_lightning.tasks.pretraining import PretrainingTask

SAVES = ("theta", "last_user")


class MetaTask(PretrainingTask):
    """Moves theta by a learner's outer gradient; validated after adapting to the support ratings of validation users.

    Args:
        network: holds theta; trained in place.
        learner: makes the learner of the network.
        optimizer: makes the outer optimiser; plain SGD with learning rate beta is the talk's update.
        gamma: the outer learning rate of epoch e is beta x gamma^e.
        inner_gamma: the inner learning rates of epoch e are alpha x inner_gamma^e.
        compounding: whether the inner schedule multiplies the rate of the epoch before by inner_gamma^e, which makes it
            alpha x inner_gamma^(e (e + 1) / 2). A deviation of the authors' code: 1e-4 is 3e-7 by epoch 10.
        saves: ``theta``, or ``last_user``: the last user's parameters theta_i in its place. A deviation of the authors'
            code; validation then evaluates what is saved.
        engine: how an outer step runs: ``in_place`` on the one network, or ``learn2learn`` by that library's clone and
            adapt; None leaves the learner's own. The numbers are the same, see
            :class:`~piaa_lightning.meta.learner.MetaLearner`.

    Raises:
        UserError: no such choice of what is saved, a learner that has no theta_i, or no such engine.
    """

    steps_itself = True
    view = "episodes"
    batch_size = 4  # users

    def __init__(
        self,
        network: nn.Module,
        learner: Callable[[nn.Module], MetaLearner],
        optimizer: Callable[[Iterable[nn.Parameter]], Optimizer],
        gamma: float = 1.0,
        inner_gamma: float = 1.0,
        compounding: bool = False,
        saves: str = "theta",
        engine: str | None = None,
    ) -> None:
        super().__init__(network)
        # the learner refers to the network; kept out of the module tree so that theta is saved once
        self._learner = (learner(network),)
        self.make_optimizer = optimizer
        self.gamma = gamma
        self.inner_gamma = inner_gamma
        self.compounding = compounding
        self.saves = saves
        self.automatic_optimization = False
        self._dropout_seed: int | None = None
        check_choice("saves", saves, SAVES)
        if engine is not None:
            check_choice("engine", engine, ENGINES)
            self.learner.engine = engine
        if saves == "last_user":
            if not isinstance(self.learner, DisplacementLearner):
                raise ArgumentError("saves", "this learner has no last user's parameters.", saves)
            self.learner.keep_last = True

    @property
    def learner(self) -> MetaLearner:
        """The learner whose outer gradient moves theta."""
        return self._learner[0]

    def on_fit_start(self) -> None:
        """Refuse a way of spreading the work under which the learner would be another algorithm."""
        if self._dropout_seed is None:
            self._dropout_seed = torch.initial_seed()
        strategy = self.trainer.strategy
        if not isinstance(strategy, SingleDeviceStrategy | DDPStrategy):
            raise UserError(
                f"trainer.strategy={type(strategy).__name__}: meta-learning needs every process to hold all of theta; "
                f"take trainer.strategy=ddp."
            )
        if self.trainer.world_size > 1 and (reason := self.learner.why_not_spread()):
            raise UserError(
                f"trainer.devices: {self.trainer.world_size} processes cannot share the users of a batch, because "
                f"{reason}; take trainer.devices=1."
            )

    def training_step(self, batch: list[Episode], batch_idx: int) -> None:
        """Take one outer step over k users."""
        self.learner.factor = self.inner_factor(self.current_epoch)
        if self.learner.inner.dropout:  # keyed, so that a resumed run draws what the uninterrupted one would have
            torch.manual_seed(hash((self._dropout_seed or 0, self.current_epoch, batch_idx)) % 2**63)
        optimizer = cast(Any, self.optimizers())
        for group in optimizer.param_groups:  # by the epoch and not by counting, so that nothing depends on a restart
            group["lr"] = group["initial_lr"] * self.gamma**self.current_epoch
        gradient = self.learner.outer_gradient(batch)
        for parameter, value in zip(self.network.parameters(), gradient, strict=True):
            parameter.grad = value
        optimizer.step()
        length = torch.stack([value.norm() for value in gradient]).norm()
        self.log("train/outer_gradient_norm", length, batch_size=max(1, len(batch)), prog_bar=True)

    def on_validation_epoch_end(self) -> None:
        """Log how many users have been visited beside what validation says: curves of learners are drawn over it."""
        super().on_validation_epoch_end()
        loader: Any = self.trainer.train_dataloader
        if loader is not None and hasattr(loader, "dataset"):
            self.log("users", float((self.current_epoch + 1) * len(loader.dataset)))

    def inner_factor(self, epoch: int) -> float:
        """Return what multiplies the inner rates in an epoch, from 0."""
        return float(self.inner_gamma ** (epoch * (epoch + 1) // 2 if self.compounding else epoch))

    def personal_scores(self, episode: Episode) -> Tensor:
        """Adapt to the support images, then score the query images."""
        last = self._last_user()
        if last is None:
            return self.learner.personal_scores(episode)
        theta = {name: value.clone() for name, value in self.network.state_dict().items()}
        try:
            self.network.load_state_dict(last)
            return self.learner.personal_scores(episode)
        finally:
            self.network.load_state_dict(theta)

    def _last_user(self) -> dict[str, Tensor] | None:
        """Return the last user's parameters where these are what is saved."""
        return getattr(self.learner, "last_user", None) if self.saves == "last_user" else None

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add what the learner carries on, and put the last user's parameters in theta's place if that is asked for."""
        checkpoint["learner"] = self.learner.state()
        checkpoint["dropout_seed"] = self._dropout_seed
        last = self._last_user()
        if last is not None:
            checkpoint["theta"] = dict(self.network.state_dict())
            checkpoint["state_dict"].update({f"network.{name}": value for name, value in last.items()})

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on where a run stopped: with theta, whatever was saved in its place."""
        self.learner.load_state(checkpoint["learner"])
        self._dropout_seed = checkpoint["dropout_seed"]
        if "theta" in checkpoint:
            state = checkpoint["state_dict"]
            names = list(checkpoint["theta"])
            cast(Any, self.learner).last_user = {name: state[f"network.{name}"].clone() for name in names}
            state.update({f"network.{name}": value for name, value in checkpoint["theta"].items()})

    def configure_optimizers(self) -> Optimizer:
        """Return the outer optimiser."""
        optimizer = self.make_optimizer(self.network.parameters())
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        return optimizer
