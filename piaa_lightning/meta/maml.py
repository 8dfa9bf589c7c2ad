"""MAML: the gradient of the query loss through the inner steps."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.errors import UserError
from piaa_lightning.meta._learn2learn import update_module
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.fomaml import gradients
from piaa_lightning.meta.inner_loop import InnerLoop, usable
from piaa_lightning.meta.learner import MetaLearner
from piaa_lightning.meta.sgd import InnerSGD


class MAMLLearner(MetaLearner):
    """MAML, second order (Finn, Abbeel and Levine, ICML 2017): d L_query(theta'_i(theta)) / d theta.

    Built on learn2learn's differentiable ``clone_module`` and ``update_module``; its own ``MAML`` knows one learning
    rate for all parameters, and shares batch-norm statistics between users. Memory grows with S, because all inner
    steps are kept for the way back.

    Args:
        network: holds theta.
        inner: how a user's parameters descend; its rule must be differentiable, that is not Adam, whose root has an
            infinite slope where a gradient is zero.
        steps: S, inner steps.
        reduce: ``sum`` or ``mean`` over users.
    """

    def __init__(self, network: nn.Module, inner: InnerLoop, steps: int = 1, reduce: str = "mean") -> None:
        super().__init__(network, inner, steps, reduce)
        if inner.rule == "adam":
            raise UserError(
                "learner.inner.rule=adam: this learner differentiates through the inner steps, and Adam's square root "
                "has an infinite slope at zero; take learner.inner.rule=sgd, or task=fomaml."
            )

    def user_gradient(self, episode: Episode) -> tuple[Tensor, ...]:
        """Return the gradient of the query loss with respect to theta."""
        theta = list(self.module.parameters())
        with torch.inference_mode(False), torch.enable_grad():
            copy = self.unrolled(episode.support)
            return gradients(self.inner.loss(copy(episode.query.inputs), episode.query.scores), theta)

    def unrolled(self, support: Examples) -> nn.Module:
        """Return a user's network whose parameters are functions of theta."""
        self.inner.refuse_single(len(support.scores))
        copy: nn.Module = clone_for_user(self.module, differentiable=True)
        self.inner.set_mode(copy)
        inputs = usable(copy, support.inputs)
        for _ in range(self.steps):
            rule = self.inner.optimizer(copy)
            assert isinstance(rule, InnerSGD)
            rule.factor = self.factor
            loss = self.inner.loss(copy(inputs), support.scores)
            slopes = torch.autograd.grad(loss, rule.parameters, create_graph=True)
            updates = {id(p): update for p, update in zip(rule.parameters, rule.updates(slopes), strict=True)}
            update_module(copy, [updates.get(id(parameter)) for parameter in copy.parameters()])
        if self.keeps_buffers:
            with torch.no_grad():
                for own, users in zip(self.module.buffers(), copy.buffers(), strict=True):
                    own.copy_(users)
        return copy


class ANILLearner(MAMLLearner):
    """ANIL, almost no inner loop (Raghu et al., ICLR 2020): only the head adapts, everything is meta-learnt."""

    def __init__(self, network: nn.Module, inner: InnerLoop, steps: int = 1, reduce: str = "mean") -> None:
        super().__init__(network, replace(inner, layers="head"), steps, reduce)
