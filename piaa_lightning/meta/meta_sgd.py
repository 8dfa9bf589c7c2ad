"""Meta-SGD: MAML that learns an inner rate for every single weight as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from piaa_lightning.meta.groups import LEARNED, moving_groups
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.maml import MAMLLearner


class LearnedRates(nn.Module):
    """One inner rate per weight, kept inside the network, so that a new user's fine-tuning finds them.

    Args:
        network: whose parameters they belong to.
        names: of those parameters.
        rates: where the rates start, one per name.
    """

    def __init__(self, network: nn.Module, names: Sequence[str], rates: Sequence[float]) -> None:
        super().__init__()
        named = dict(network.named_parameters())
        self.names = list(names)
        self.values = nn.ParameterList(
            [nn.Parameter(torch.full_like(named[name], rate)) for name, rate in zip(names, rates, strict=True)]
        )

    def of(self, network: nn.Module, parameters: Sequence[Tensor]) -> list[Tensor]:
        """Return the rates of some of a network's parameters.

        Args:
            network: holds these rates, or is a copy of one that does.
            parameters: of that network.
        """
        named = dict(network.named_parameters())
        rates = {id(named[name]): rate for name, rate in zip(self.names, self.values, strict=True)}
        return [rates[id(parameter)] for parameter in parameters]


class MetaSGDLearner(MAMLLearner):
    """Meta-SGD (Li et al., 2017): theta' = theta - alpha o dL/dtheta with alpha a vector, learnt along with theta.

    The rates become parameters of the network (``inner_rates``), so that the outer optimiser moves them and the
    prior's file holds them. They start from ``inner.lr_by_part``. NOTE: nothing keeps a rate positive, as in the paper.

    Args:
        network: holds theta.
        inner: how a user's parameters descend; its rule becomes ``learned``.
        steps: S, inner steps; 1 in the paper.
        reduce: ``sum`` or ``mean`` over users.
        engine: ``in_place`` or ``learn2learn``.
    """

    def __init__(
        self, network: nn.Module, inner: InnerLoop, steps: int = 1, reduce: str = "mean", engine: str = "in_place"
    ) -> None:
        if not hasattr(network, LEARNED):
            groups = moving_groups(network, inner.lr_by_part, inner.layers)
            rates = {name: group.rate for group in groups for name in group.names}
            names = [name for name, _ in network.named_parameters() if name in rates]
            network.add_module(LEARNED, LearnedRates(network, names, [rates[name] for name in names]))
        super().__init__(network, replace(inner, rule="learned"), steps, reduce, engine)
