"""PA_IAA from plain values: personality, joint training with aesthetics, and a user's score fused of both."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import nn

from piaa_lightning.models.backbones.backbone import Backbone
from piaa_lightning.models.build import MakeHead, backbone_from, head_from
from piaa_lightning.models.fusion import FUSIONS, fused
from piaa_lightning.models.trait_head import TraitHead
from piaa_lightning.models.trait_network import TraitNetwork
from piaa_lightning.models.two_streams import TwoStreams
from piaa_lightning.tasks.generic import GenericTask
from piaa_lightning.tasks.generic_aesthetics import LOSSES_OF_VOTES
from piaa_lightning.tasks.joint import JointTask
from piaa_lightning.tasks.personality import PersonalityTask
from piaa_lightning.tasks.plain_values import (
    FromPlainValues,
    adam,
    described,
    exponential,
    one_of,
    started_from,
)

HIDDEN = (64,)  # of the personality branch, as conf/task/personality.yaml has it


class PersonalityTraits(FromPlainValues, PersonalityTask):
    """The traits of users who like an image: L_p of PA_IAA.

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
        balance: str = "alternate",
        weight: float = 1.0,
        bins: int = 10,
        traits: int = 5,
        weight_decay: float = 1e-5,
        gamma: float = 0.9,
        image_size: int | None = None,
        lr_by_part: Mapping[str, float] | None = None,
        backbone_options: Mapping[str, Any] | None = None,
    ) -> None:
        values = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        one_of("loss", loss, LOSSES_OF_VOTES)
        network = two_streams(backbone, weights, head, image_size, backbone_options, bins, traits)
        optimizer, schedule = adam(lr, weight_decay), exponential(gamma)
        super().__init__(network, optimizer, schedule, lr_by_part, LOSSES_OF_VOTES[loss], balance, weight)
        self.remember(values)


class PersonalAesthetics(FromPlainValues, GenericTask):
    """PA_IAA's personal model before any user: the generic score plus what an image's personality is worth.

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
        one_of("fusion", fusion, (*FUSIONS, "none"))
        one_of("generic", generic, ("dist_mean", "sigmoid"))
        if init_from is None:
            before: nn.Module = two_streams(backbone, weights, head, image_size, backbone_options, bins, traits)
        else:
            before = started_from(init_from)
        super().__init__(fused(before, fusion, generic), adam(lr, weight_decay), exponential(gamma), lr_by_part)
        self.remember(described(init_from, values))


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
