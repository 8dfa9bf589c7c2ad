"""A user's network in the engine ``learn2learn``: a clone that adapts."""

from __future__ import annotations

from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from piaa_lightning.data.batches import Examples
from piaa_lightning.meta._learn2learn import BaseLearner, clone_module, detach_module, update_module
from piaa_lightning.meta.inner_loop import InnerLoop, outside, usable
from piaa_lightning.meta.user_network import differentiable_updates, loss_gradients

Network = TypeVar("Network", bound=nn.Module)


def clone_for_user(network: Network, differentiable: bool = False) -> Network:
    """Copy a network so that nothing done to the copy can reach the original.

    NOTE: learn2learn's ``clone_module`` shares every batch-norm buffer with the original, so that adapting to one
    user would edit the prior; the buffers are cloned here as well.

    Args:
        network: the prior; it may live under ``torch.inference_mode``.
        differentiable: whether the copy's parameters remain functions of the original's, as second-order
            meta-learning needs.

    Returns:
        A copy; unless it is differentiable its parameters are leaves that require gradients where the original's do.
    """
    with torch.inference_mode(False), torch.enable_grad():
        copy = cast(Network, clone_module(network))
        for module in copy.modules():
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = buffer.clone()
        if not differentiable:
            detach_module(copy, keep_requires_grad=True)
    return copy


class Clone(BaseLearner):  # type: ignore[misc]  # learn2learn ships no types
    """One user's learner, as ``clone()`` gives it in learn2learn: adapt it, then call it like the network.

    First order: ``clone_module`` and ``detach_module``, and the rule moves the clone's own leaves; the outer gradient
    is taken at them. Second order: ``clone_module`` alone and ``update_module`` for every step, and the outer gradient
    goes back through the clone to theta.

    Args:
        theta: the network that is cloned; nothing that is done to the clone reaches it.
        inner: how the clone descends.
        steps: S.
        fresh: whether each batch starts with fresh moments.
        differentiable: whether it is second order.
    """

    def __init__(
        self, theta: nn.Module, inner: InnerLoop, steps: int, fresh: bool = True, differentiable: bool = False
    ) -> None:
        super().__init__(clone_for_user(theta, differentiable))
        self.theta = list(theta.parameters())
        self.inner = inner
        self.steps = steps
        self.fresh = fresh
        self.differentiable = differentiable
        self.rule = inner.optimizer(self.module)
        self.names = inner.names(self.module)

    def adapt(self, support: Examples) -> None:
        """Take S steps on a batch of the user's images, all of them as one batch."""
        if self.differentiable:
            self._adapt_differentiably(support)
            return
        if self.fresh:
            self.rule.reset()
        self.inner.descend(self.module, self.rule, support.inputs, support.scores, self.steps)

    def _adapt_differentiably(self, support: Examples) -> None:
        self.inner.refuse_single(len(support.scores))
        self.inner.set_mode(self.module)
        with torch.inference_mode(False), torch.enable_grad():
            inputs, scores = usable(self.module, support.inputs), outside(support.scores)
            for _ in range(self.steps):
                own = dict(self.module.named_parameters())
                moving = {name: own[name] for name in self.names}
                updates = differentiable_updates(self.inner, self.rule, self.module, moving, inputs, scores)
                update_module(self.module, [updates.get(name) for name in own])
        self.inner.set_scoring_mode(self.module)

    def gradient(self, examples: Examples) -> tuple[Tensor, ...]:
        """Return the gradient of the loss on a batch: with respect to theta, or at the clone where it is detached."""
        parameters = self.theta if self.differentiable else list(self.module.parameters())
        return loss_gradients(self.module, self.inner, examples, parameters)

    def displacement(self) -> list[Tensor]:
        """Return theta - theta_i."""
        pairs = zip(self.theta, self.module.parameters(), strict=True)
        return [theta.detach() - own.detach() for theta, own in pairs]

    @torch.no_grad()
    def score(self, inputs: Tensor) -> Tensor:
        """Score images, in the mode that the last steps left."""
        scores: Tensor = self.module(usable(self.module, inputs))
        return scores

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all parameters and buffers."""
        return {name: value.clone() for name, value in self.module.state_dict().items()}
