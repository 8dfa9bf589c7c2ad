"""Gradient steps with the rates that Meta-SGD learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from piaa_lightning.errors import UserError
from piaa_lightning.meta.groups import LEARNED
from piaa_lightning.meta.rules.rule import RateGroups
from piaa_lightning.meta.rules.sgd import InnerSGD


class InnerLearned(InnerSGD):
    """theta <- theta - alpha o g, with one learnt alpha for every weight (Li et al., "Meta-SGD", 2017).

    The rates live in the network, as :class:`~piaa_lightning.meta.meta_sgd.LearnedRates`.
    """

    @classmethod
    def build(cls, network: nn.Module, groups: RateGroups, options: Mapping[str, Any]) -> InnerSGD:
        """Return a fresh rule; the groups' own rates are not used.

        Raises:
            UserError: the network holds no learnt rates.
        """
        learnt = getattr(network, LEARNED, None)
        if learnt is None:
            raise UserError("inner.rule=learned: this prior holds no learnt rates; meta-train it with task=metasgd.")
        parameters = [parameter for members, _ in groups for parameter in members]
        return cls(parameters, learnt.of(network, parameters))
