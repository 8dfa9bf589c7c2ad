"""One user's network in an outer step: what every engine gives a learner, and what a learner asks of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from piaa_lightning.data.batches import Examples
from piaa_lightning.meta.inner_loop import InnerLoop, outside, usable
from piaa_lightning.meta.rules.rule import InnerRule
from piaa_lightning.meta.rules.sgd import InnerSGD


class UserNetwork(Protocol):
    """theta at first, and theta_i after steps on a user's images."""

    def adapt(self, examples: Examples) -> None:
        """Take the learner's S steps on a batch of the user's images, all of them as one batch."""

    def gradient(self, examples: Examples) -> Sequence[Tensor]:
        """Return the gradient of the loss on a batch, one tensor per parameter of theta.

        First order: where the steps have led to, as if theta_i were theta. Second order: through the steps.
        """

    def displacement(self) -> Sequence[Tensor]:
        """Return theta - theta_i, one tensor per parameter of theta."""

    def score(self, inputs: Tensor) -> Tensor:
        """Return ``(images,)`` scores in [0, 1], in the mode that the last steps left."""

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all parameters and buffers as they now are."""


def gradients(loss: Tensor, parameters: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return the gradient of each parameter, zero for those that do not require one or have no part in the loss."""
    wanted = [parameter for parameter in parameters if parameter.requires_grad]
    found = torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)
    by_id = {id(parameter): gradient for parameter, gradient in zip(wanted, found, strict=True)}
    return tuple(by_id[id(p)] if id(p) in by_id else torch.zeros_like(p) for p in parameters)


def loss_gradients(
    network: torch.nn.Module,
    inner: InnerLoop,
    examples: Examples,
    parameters: Sequence[Tensor],
    predict: Callable[[Tensor], Tensor] | None = None,
) -> tuple[Tensor, ...]:
    """Return the gradient of the loss on a batch, in the mode in which steps are taken.

    Args:
        network: predicts.
        inner: has the loss and the mode.
        examples: the batch.
        parameters: with respect to what.
        predict: how the network predicts; None calls it.
    """
    inner.refuse_single(len(examples.scores))
    inner.set_mode(network)
    with torch.inference_mode(False), torch.enable_grad():
        inputs = usable(network, examples.inputs)
        return gradients(inner.loss((predict or network)(inputs), outside(examples.scores)), parameters)


def differentiable_updates(
    inner: InnerLoop,
    rule: InnerRule,
    predict: Callable[[Tensor], Tensor],
    moving: dict[str, Tensor],
    inputs: Tensor,
    scores: Tensor,
) -> dict[str, Tensor]:
    """Return what one step adds to each parameter that moves, as a function of theta.

    Args:
        inner: has the loss.
        rule: must be differentiable.
        predict: with the parameters as they now are.
        moving: those parameters by name, in the order of the rule's.
        inputs: ``(batch, ...)`` images or features.
        scores: ``(batch,)`` in [0, 1].
    """
    assert isinstance(rule, InnerSGD)
    slopes = torch.autograd.grad(inner.loss(predict(inputs), scores), list(moving.values()), create_graph=True)
    return dict(zip(moving, rule.updates(slopes), strict=True))
