"""Generic aesthetics from plain values: average scores, good against bad, or distributions of votes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import Tensor

from piaa_lightning.data.batches import Distributions, Examples
from piaa_lightning.losses.binary import binary_loss
from piaa_lightning.losses.distribution import distribution_loss
from piaa_lightning.losses.emd import emd_loss
from piaa_lightning.losses.score import score_loss
from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import OF_VOTES, MakeHead
from piaa_lightning.runtime.choices import check_choice
from piaa_lightning.tasks.descent import DescentTask
from piaa_lightning.tasks.plain_values import FromPlainValues, adam, exponential, score_network_from

Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: Mapping[str, Loss] = {"mse": score_loss, "binary": binary_loss}
LOSSES_OF_VOTES: Mapping[str, Loss] = {
    "emd": partial(emd_loss, r=2, squared=True),
    "distribution": distribution_loss,
}


class GenericAesthetics(FromPlainValues, DescentTask):
    """Predict what users give an image on average; BA-PIAA, BLG-PIAA and the closed forms start from this model.

    Source: ``mse`` is the regression of average scores of Zhu et al., IEEE T-CYB 2020; ``distribution`` is L_a of Li et
    al., IEEE TIP 2020 (PA_IAA); ``emd`` is NIMA's squared earth mover's distance (Talebi and Milanfar, IEEE TIP 2018);
    ``binary`` is good against bad, AVA's protocol (Murray et al., CVPR 2012).

    Args:
        backbone: ``small_cnn``, ``resnet18`` and the papers' other networks, any timm model by name, or a `Backbone`.
        weights: ``imagenet``, a ``.safetensors`` or ``.pth`` file, or None for a random start.
        head: ``linear``, ``small``, ``authors``; for votes ``distribution``, ``nima``, ``pa_iaa_authors``; or a
            function from the number of features to a module. None takes ``small``, or ``distribution`` for votes.
        lr: learning rate of Adam.
        loss: ``mse`` or ``binary`` of average scores, ``emd`` or ``distribution`` of votes; or a function of
            predictions and targets, of votes where the head gives distributions.
        weight_decay: of Adam.
        gamma: the rate of epoch e is lr x gamma^e.
        bins: levels of a vote, for a head that gives distributions; AVA's are 10.
        image_size: side of the images in pixels; None is the network's own.
        lr_by_part: learning rates by the names of the network's parts, ``{"backbone": 1e-5, "head": 1e-4}``, in place
            of ``lr``.
        backbone_options: of the backbone, for instance ``{"width": 8}``.

    Raises:
        ArgumentError: a value that an argument cannot have.

    Example:
        >>> from piaa_lightning import GenericAesthetics
        >>> GenericAesthetics(loss="emd", bins=5).view
        'distributions'
    """

    def __init__(
        self,
        backbone: str | Backbone = "small_cnn",
        weights: str | None = None,
        head: str | MakeHead | None = None,
        lr: float = 1e-3,
        loss: str | Loss = "mse",
        *,
        weight_decay: float = 1e-5,
        gamma: float = 0.9,
        bins: int = 10,
        image_size: int | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        backbone_options: Mapping[str, Any] | None = None,
    ) -> None:
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        if isinstance(loss, str):
            check_choice("loss", loss, (*LOSSES, *LOSSES_OF_VOTES))
        chosen = head or ("distribution" if loss in LOSSES_OF_VOTES else "small")
        of_head = {"bins": bins} if chosen in OF_VOTES else {}
        network = score_network_from(backbone, weights, chosen, image_size, backbone_options, **of_head)
        super().__init__(network, adam(lr, weight_decay), exponential(gamma), lr_by_part)
        self.of_votes = loss in LOSSES_OF_VOTES or (not isinstance(loss, str) and hasattr(network.head, "bins"))
        self.view = "distributions" if self.of_votes else "scores"
        self.loss = {**LOSSES, **LOSSES_OF_VOTES}[loss] if isinstance(loss, str) else loss
        self.remember({**values, "head": chosen})

    @property
    def view_options(self) -> Mapping[str, Any]:
        """As many bins as the head has."""
        return {"bins": self.network.head.bins} if self.of_votes else {}

    def training_step(self, batch: Examples | Distributions, batch_idx: int) -> Tensor:
        """Take one step on a batch of images."""
        if isinstance(batch, Distributions):
            loss = self.loss(self.network.distribution(batch.inputs), batch.distribution)
        else:
            loss = self.loss(self.network(batch.inputs), batch.scores)
        self.log("train/loss", loss, batch_size=len(batch.scores), prog_bar=True)
        return loss
