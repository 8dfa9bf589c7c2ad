"""Personality from images: the traits of users who like them."""

from __future__ import annotations

from torch import Tensor

from piaa_lightning.data.batches import Liked
from piaa_lightning.losses.traits import trait_loss
from piaa_lightning.tasks.descent import DescentTask
from piaa_lightning.tasks.pretraining import same_width


class PersonalityTask(DescentTask):
    """Regression of traits from single liked images, L_p of the talk; the arguments are those of `DescentTask`."""

    view = "liked"

    def training_step(self, batch: Liked, batch_idx: int) -> Tensor:
        """Take one step on a batch of liked images."""
        traits = self.network.traits(batch.inputs)
        same_width(traits, batch.traits, "traits", "task.network.personality.traits")
        loss = trait_loss(traits, batch.traits)
        self.log("train/loss", loss, batch_size=len(batch.users), prog_bar=True)
        return loss
