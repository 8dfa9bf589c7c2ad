"""Traits of users from what they like, from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import backbone_from, head_from
from piaa_lightning.models.papers.trait_network import TraitNetwork
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.tasks.personality import PersonalityTask
from piaa_lightning.tasks.plain_values import (
    FromPlainValues,
    adam,
    exponential,
)

HIDDEN = (64,)  # of the personality branch, as conf/task/personality.yaml has it


class PersonalityTraits(FromPlainValues, PersonalityTask):
    """Predict the traits of users who like an image: L_p of PA_IAA.

    Source: Li et al., "Personality-Assisted Multi-Task Learning for Generic and Personalized Image Aesthetics
    Assessment", IEEE TIP 2020.

    Args:
        backbone: as `GenericAesthetics` has it.
        weights: likewise.
        lr: learning rate of Adam.
        traits: how many there are; the Big Five are five.
        weight_decay: of Adam.
        gamma: the rate of epoch e is lr x gamma^e.
        image_size: side of the images in pixels; None is the network's own.
        lr_by_part: learning rates by the names of the network's parts, in place of ``lr``.
        backbone_options: of the backbone.

    Raises:
        ArgumentError: a value that an argument cannot have.

    Example:
        >>> from piaa_lightning import PersonalityTraits
        >>> PersonalityTraits().view
        'liked'
    """

    def __init__(
        self,
        backbone: str | Backbone = "small_cnn",
        weights: str | None = None,
        lr: float = 1e-3,
        *,
        traits: int = 5,
        weight_decay: float = 1e-5,
        gamma: float = 0.9,
        image_size: int | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        backbone_options: Mapping[str, Any] | None = None,
    ) -> None:
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        made = backbone_from(backbone, weights, image_size, backbone_options)
        branch = partial(TraitHead, traits=traits, hidden=HIDDEN)
        network = TraitNetwork(made, head_from("small"), made.features, branch)
        super().__init__(network, adam(lr, weight_decay), exponential(gamma), lr_by_part)
        self.remember(values)
