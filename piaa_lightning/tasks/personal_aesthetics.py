"""PA_IAA's personal model, from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import MakeHead
from piaa_lightning.models.papers.fusion import FUSIONS, fused
from piaa_lightning.runtime.choices import check_choice
from piaa_lightning.tasks.generic import GenericTask
from piaa_lightning.tasks.joint_aesthetics_personality import two_streams
from piaa_lightning.tasks.plain_values import (
    FromPlainValues,
    adam,
    described,
    exponential,
    started_from,
)


class PersonalAesthetics(FromPlainValues, GenericTask):
    """PA_IAA's personal model before any user: the generic score plus weighted traits of the image.

    It starts from a joint task and learns the fusion from average scores of training users; `FineTune` then moves it
    for each user.

    Source: Li et al., IEEE TIP 2020: s_b = s_a + w s_p. That a training on the evaluated database comes between the
    joint one and the user is a reading of the paper.

    Args:
        init_from: a trained `JointAestheticsPersonality`; its network is copied. None makes a network from the other
            values, as a checkpoint does.
        fusion: ``constant`` weights of traits, W_b of the paper; ``mlp``, weights that depend on the image; ``none``.
        generic: where s_a comes from: ``dist_mean``, or ``sigmoid``, a new head.
        lr: learning rate of Adam.
        backbone: of a network that is made; these and the following as `JointAestheticsPersonality` has them.
        weights: likewise.
        head: likewise.
        bins: likewise.
        traits: likewise.
        weight_decay: of Adam.
        gamma: the rate of epoch e is lr x gamma^e.
        image_size: likewise.
        lr_by_part: learning rates by the names of the network's parts, in place of ``lr``.
        backbone_options: likewise.

    Raises:
        ArgumentError: a value that an argument cannot have.

    Example:
        >>> from piaa_lightning import JointAestheticsPersonality, PersonalAesthetics
        >>> PersonalAesthetics(JointAestheticsPersonality()).view
        'scores'
    """

    def __init__(
        self,
        init_from: object = None,
        fusion: str = "constant",
        generic: str = "dist_mean",
        lr: float = 1e-3,
        *,
        backbone: str | Backbone = "small_cnn",
        weights: str | None = None,
        head: str | MakeHead = "distribution",
        bins: int = 10,
        traits: int = 5,
        weight_decay: float = 1e-5,
        gamma: float = 0.9,
        image_size: int | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        backbone_options: Mapping[str, Any] | None = None,
    ) -> None:
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        check_choice("fusion", fusion, (*FUSIONS, "none"))
        check_choice("generic", generic, ("dist_mean", "sigmoid"))
        if init_from is None:
            before: nn.Module = two_streams(backbone, weights, head, image_size, backbone_options, bins, traits)
        else:
            before = started_from(init_from)
        super().__init__(fused(before, fusion, generic), adam(lr, weight_decay), exponential(gamma), lr_by_part)
        self.remember(described(init_from, values))
