"""The learners by name, each with what it is used with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from piaa_lightning.errors import ArgumentError
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.displacement import DisplacementLearner
from piaa_lightning.meta.fomaml import FOMAMLLearner
from piaa_lightning.meta.learner import FirstOrderLearner, MetaLearner
from piaa_lightning.meta.maml import ANILLearner, MAMLLearner
from piaa_lightning.meta.meta_sgd import MetaSGDLearner
from piaa_lightning.meta.plain import PlainLearner
from piaa_lightning.meta.reptile import ReptileLearner
from piaa_lightning.runtime.choices import check_choice

ADAM = {"backbone": 1e-4, "head": 1e-3}  # inner rates for Adam, alpha
SGD = {"backbone": 1e-2, "head": 1e-2}  # and for plain gradient steps


@dataclass(frozen=True)
class Recipe:
    """A learner and what it is used with, as conf/task has it.

    Args:
        learner: makes it of a network, an inner loop and a number of steps.
        steps: inner steps.
        inner: arguments of the inner loop.
        optimizer: of the outer step.
        lr: its learning rate; beta for learners that move theta towards users' parameters.
        options: further arguments of the learner.
    """

    learner: type[MetaLearner]
    steps: int
    inner: Mapping[str, Any]
    optimizer: Callable[..., torch.optim.Optimizer]
    lr: float
    options: Mapping[str, Any] = field(default_factory=dict)


_BLG = {"rule": "adam", "lr_by_part": ADAM, "betas": (0.9, 0.9), "bias_correction": False}
_ADAM = {"rule": "adam", "lr_by_part": ADAM}
_SGD = {"rule": "sgd", "lr_by_part": SGD}

LEARNERS: Mapping[str, Recipe] = {
    "blg": Recipe(BilevelLearner, 5, _BLG, torch.optim.SGD, 0.25, {"reduce": "sum", "reset_state": "level"}),
    "reptile": Recipe(ReptileLearner, 10, _BLG, torch.optim.SGD, 0.25, {"reduce": "sum", "reset_state": "level"}),
    "fomaml": Recipe(FOMAMLLearner, 5, _ADAM, torch.optim.Adam, 3e-4, {"reduce": "mean", "reset_state": "level"}),
    "plain": Recipe(PlainLearner, 5, _ADAM, torch.optim.Adam, 3e-4, {"reduce": "mean", "reset_state": "level"}),
    "maml": Recipe(MAMLLearner, 3, _SGD, torch.optim.Adam, 1e-4),
    "anil": Recipe(ANILLearner, 3, _SGD, torch.optim.Adam, 1e-4),
    "metasgd": Recipe(MetaSGDLearner, 1, {**_SGD, "rule": "learned"}, torch.optim.Adam, 3e-5),
}


def recipe_of(learner: str | Recipe | type[MetaLearner]) -> Recipe:
    """Return what a learner is used with: its own recipe, or for a class of your own that of the class it stands on.

    Raises:
        ArgumentError: there is no such learner, or its class stands on none of ours.
    """
    if isinstance(learner, Recipe):
        return learner
    if isinstance(learner, str):
        check_choice("learner", learner, LEARNERS)
        return LEARNERS[learner]
    for base, name in ((DisplacementLearner, "blg"), (MAMLLearner, "maml"), (FirstOrderLearner, "fomaml")):
        if issubclass(learner, base):
            return replace(LEARNERS[name], learner=learner)
    raise ArgumentError("learner", "give a Recipe, which says how the outer step is taken.", learner.__name__)
