"""Train a model and keep the epoch that is best on what the database holds out for validation."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from piaa_lightning.data.batches import Distributions, Episode, Liked
from piaa_lightning.errors import UserError
from piaa_lightning.metrics.registry import LEVELS, MAIN, usual
from piaa_lightning.metrics.stateful.images import ImageMetrics
from piaa_lightning.metrics.stateful.per_user import PerUserSROCC
from piaa_lightning.metrics.stateful.traits import TraitMetrics
from piaa_lightning.runtime.distributed import gather

MONITOR = f"val/{MAIN}"


def same_width(prediction: Tensor, target: Tensor, what: str, key: str) -> None:
    """Stop where a network predicts another number of values than the database has.

    Args:
        prediction: ``(batch, values)``.
        target: ``(batch, values)``.
        what: the values are, and the form's key that names them.
        key: of the network's number.

    Raises:
        UserError: the numbers differ.
    """
    ours, theirs = prediction.shape[1], target.shape[1]
    if ours != theirs:
        raise UserError(
            f"{key}={ours}: the database has {theirs} {what} to learn; set it to {theirs}, or name those to learn with"
            f" task.dataset.{what}."
        )


class PretrainingTask(pl.LightningModule):
    """Trains a network that new users start from, or that evaluates images for everybody.

    Validation is a rank correlation on what nobody trained on: the mean over held-out users of each one's own SROCC,
    the SROCC of held-out images' average scores, or the mean over traits of held-out users'. A task that learns
    from several databases has the mean of theirs. The epoch that is best there is the one that is kept; test users
    and test images play no part.

    Args:
        network: what is trained, in place.
    """

    steps_itself: ClassVar[bool] = False  # whether the task takes its steps by itself, on all of the parameters
    leaves_parameters_out = False  # whether there are steps in which parameters have no part
    view: str | None = "scores"  # of a database, which a `RatingsDataModule` then serves
    views: Mapping[str, tuple[str, Mapping[str, Any]]] = MappingProxyType({})  # of several databases, by name
    batch_size: int = 64  # that a data module serves where nobody names another

    @property
    def view_options(self) -> Mapping[str, Any]:
        """What the view depends on in the network or the task."""
        return {}

    @property
    def image_size(self) -> int | None:
        """Side in pixels of the images that the network sees; None where it is fed with features."""
        return getattr(getattr(self.network, "backbone", None), "size", None)

    @property
    def patches(self) -> int:
        """How many patches of an image the network looks at beside the whole."""
        return int(getattr(self.network, "patches", 0))

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network
        self.users = PerUserSROCC()
        self.images = ImageMetrics()
        self.votes = ImageMetrics(bins=getattr(getattr(network, "head", None), "bins", 0))
        traits = getattr(getattr(network, "personality", None), "traits", 0)
        self.traits = TraitMetrics([str(number) for number in range(traits)])
        self.prefix = ""

    def log(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Log under the prior's own name, so that the curves of a run's priors do not overlay each other."""
        super().log(f"{self.prefix}{name}", *args, **kwargs)

    def personal_scores(self, episode: Episode) -> Tensor:
        """Score a validation user's query images, as a user of this prior would: here alike for everybody."""
        scores: Tensor = self.network(episode.query.inputs)
        return scores

    def validation_step(self, batch: Episode | Distributions | Liked, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Evaluate one validation user, or a batch of images."""
        if isinstance(batch, Episode):
            scores = self.personal_scores(batch)
            self.users.update(torch.full_like(scores, batch.user), scores, batch.query.scores)
        elif isinstance(batch, Liked):
            self.traits.update(batch.likes, batch.users, self.network.traits(batch.inputs), batch.traits)
        elif batch.distribution.shape[1]:
            votes = self.network.distribution(batch.inputs)
            means = self.network.head.mean(votes)
            self.votes.update(batch.images, means, batch.scores, votes, batch.distribution)
        else:
            self.images.update(batch.images, self.network(batch.inputs), batch.scores)

    def on_validation_epoch_end(self) -> None:
        """Log what the validation part says, and the mean of its rank correlations as the one that chooses."""
        sroccs = []
        metrics = {"users": self.users, "images": self.images, "votes": self.votes, "traits": self.traits}
        for name, metric in metrics.items():
            if any(gather([metric.update_called])):  # by any process, because all of them must join in computing
                found = metric.compute()
                values = found if isinstance(found, dict) else {MAIN: found}
                sroccs.append(values[MAIN])
                for measure in _logged():
                    if measure in values:
                        self.log(f"val/{name}_{measure}", values[measure].float())
            metric.reset()
        self.log(MONITOR, torch.stack(sroccs).mean().float(), prog_bar=True)


def _logged() -> list[str]:
    """Name the metrics of validation that are logged; those of a threshold are not, which belongs to the test."""
    return list(dict.fromkeys(m.name for level in LEVELS for m in usual(level) if m.needs != "threshold"))
