"""PA_IAA's joint training, from plain values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import MakeHead, backbone_from, head_from
from piaa_lightning.models.papers.two_streams import TwoStreams
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.runtime.choices import check_choice
from piaa_lightning.tasks.generic_aesthetics import LOSSES_OF_VOTES
from piaa_lightning.tasks.joint import JointTask
from piaa_lightning.tasks.personality_traits import HIDDEN
from piaa_lightning.tasks.plain_values import (
    FromPlainValues,
    adam,
    exponential,
)


class JointAestheticsPersonality(FromPlainValues, JointTask):
    """PA_IAA's joint training: distributions of votes from one database, traits of users from another.

    It learns from `JointData` with the names ``aesthetics`` and ``personality``.

    Source: Li et al., IEEE TIP 2020; see `JointTask` for what the authors' code does.

    Args:
        backbone: as `GenericAesthetics` has it; both databases go through it.
        weights: likewise.
        head: of the votes.
        lr: learning rate of Adam.
        loss: ``distribution``, L_a of the paper, or ``emd``.
        balance: ``alternate`` steps between the databases, or one step on the ``sum``.
        weight: of the personality loss.
        bins: levels of a vote.
        traits: how many there are.
        weight_decay: of Adam.
        gamma: the rate of epoch e is lr x gamma^e.
        image_size: side of the images in pixels; None is the network's own.
        lr_by_part: learning rates by the names of the network's parts, in place of ``lr``.
        backbone_options: of the backbone.

    Raises:
        ArgumentError: a value that an argument cannot have.

    Example:
        >>> from piaa_lightning import JointAestheticsPersonality
        >>> list(JointAestheticsPersonality().views)
        ['aesthetics', 'personality']
    """

    def __init__(
        self,
        backbone: str | Backbone = "small_cnn",
        weights: str | None = None,
        head: str | MakeHead = "distribution",
        lr: float = 1e-3,
        loss: str = "distribution",
        *,
        balance: str = "sum",
        weight: float = 0.1,
        bins: int = 10,
        traits: int = 5,
        weight_decay: float = 1e-5,
        gamma: float = 0.9,
        image_size: int | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        backbone_options: Mapping[str, Any] | None = None,
    ) -> None:
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        check_choice("loss", loss, LOSSES_OF_VOTES)
        network = two_streams(backbone, weights, head, image_size, backbone_options, bins, traits)
        optimizer, schedule = adam(lr, weight_decay), exponential(gamma)
        super().__init__(network, optimizer, schedule, lr_by_part, LOSSES_OF_VOTES[loss], balance, weight)
        self.remember(values)


def two_streams(
    backbone: str | Backbone,
    weights: str | None,
    head: str | MakeHead,
    image_size: int | None,
    options: Mapping[str, Any] | None,
    bins: int,
    traits: int,
) -> TwoStreams:
    """Return PA_IAA's network from plain values."""
    made = backbone_from(backbone, weights, image_size, options)
    votes = head_from(head, **({"bins": bins} if isinstance(head, str) else {}))
    return TwoStreams(made, votes, made.features, partial(TraitHead, traits=traits, hidden=HIDDEN))
