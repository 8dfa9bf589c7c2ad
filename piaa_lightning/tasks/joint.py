"""PA_IAA's joint training: one network learns aesthetics from one database and personality from another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, cast

from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from piaa_lightning.data.batches import Distributions, Liked
from piaa_lightning.errors import ArgumentError
from piaa_lightning.losses.distribution import distribution_loss
from piaa_lightning.losses.traits import trait_loss
from piaa_lightning.tasks.descent import DescentTask
from piaa_lightning.tasks.pretraining import same_width

BALANCES = ("alternate", "sum")


class Sources(TypedDict):
    """One batch of each database."""

    aesthetics: Distributions
    personality: Liked


class JointTask(DescentTask):
    """Both sources of the "Siamese" network, with one optimiser.

    The authors' code alternates strictly, one aesthetics batch and step, then one personality batch and step, without
    weights; the talk does not say. ``sum`` takes one step on L_a + weight L_p instead.

    Args:
        network: a `TwoStreams`; trained in place.
        optimizer: makes the optimiser, see `DescentTask`.
        schedule: likewise.
        lr_by_part: likewise.
        loss: of predicted and true distributions.
        balance: ``alternate`` or ``sum``.
        weight: of L_p. With ``alternate`` and an optimiser that normalises gradients, such as Adam, it does nothing.

    Raises:
        UserError: an unknown balance.
    """

    steps_itself = True
    view = None

    @property
    def views(self) -> Mapping[str, tuple[str, Mapping[str, Any]]]:  # type: ignore[override]
        """Distributions from one database, traits from the other."""
        return {"aesthetics": ("distributions", {"bins": self.network.head.bins}), "personality": ("liked", {})}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[[Optimizer], LRScheduler] | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        loss: Callable[[Tensor, Tensor], Tensor] = distribution_loss,
        balance: str = "alternate",
        weight: float = 1.0,
    ) -> None:
        super().__init__(network, optimizer, schedule, lr_by_part)
        if balance not in BALANCES:
            raise ArgumentError("balance", f"choose one of {', '.join(BALANCES)}.", balance)
        self.loss = loss
        self.balance = balance
        self.leaves_parameters_out = balance == "alternate"
        self.weight = weight
        self.automatic_optimization = False

    def training_step(self, batch: Sources, batch_idx: int) -> None:
        """Take one step on each stream, or one on both."""
        if self.balance == "alternate":
            self._step(self._aesthetics(batch["aesthetics"]))
            self._step(self._personality(batch["personality"]))
        else:
            self._step(self._aesthetics(batch["aesthetics"]) + self._personality(batch["personality"]))

    def _aesthetics(self, batch: Distributions) -> Tensor:
        loss = self.loss(self.network.distribution(batch.inputs), batch.distribution)
        self.log("train/aesthetics_loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss

    def _personality(self, batch: Liked) -> Tensor:
        traits = self.network.traits(batch.inputs)
        same_width(traits, batch.traits, "traits", "task.network.personality.traits")
        loss = trait_loss(traits, batch.traits)
        self.log("train/personality_loss", loss, batch_size=len(batch.users), prog_bar=True)
        return self.weight * loss

    def _step(self, loss: Tensor) -> None:
        """Take one step; a branch that has no part in the loss has no gradient, and the optimiser passes it over."""
        optimizer = cast(Any, self.optimizers())
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()

    def on_train_epoch_end(self) -> None:
        """Step the schedule once per epoch."""
        schedule = cast(Any, self.lr_schedulers())
        if schedule is not None:
            schedule.step()
