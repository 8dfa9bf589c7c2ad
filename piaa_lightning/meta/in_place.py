"""A user's network in the engine ``in_place``: the learner's own, without a copy."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from piaa_lightning.data.batches import Examples
from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.inner_loop import InnerLoop, outside, usable
from piaa_lightning.meta.user_network import differentiable_updates, loss_gradients


class InPlace:
    """First order: parameters are moved in place and taken back.

    Args:
        adaptation: is lent to the user.
        theta: copies of the moving parameters, in the rule's order.
        steps: S.
        fresh: whether each batch starts with fresh moments.
    """

    def __init__(self, adaptation: Adaptation, theta: list[Tensor], steps: int, fresh: bool) -> None:
        self.adaptation = adaptation
        self.theta = theta
        self.steps = steps
        self.fresh = fresh

    def adapt(self, examples: Examples) -> None:
        """Take S steps on a batch."""
        if self.fresh:
            self.adaptation.rule.reset()
        self.adaptation.descend(self.adaptation.prepare(examples.inputs), examples.scores, self.steps)

    def gradient(self, examples: Examples) -> tuple[Tensor, ...]:
        """Return the gradient of the loss at theta_i."""
        network = self.adaptation.network
        return loss_gradients(network, self.adaptation.inner, examples, list(network.parameters()))

    @torch.no_grad()
    def displacement(self) -> list[Tensor]:
        """Return theta - theta_i."""
        rule = self.adaptation.rule
        moved = {id(p): t - p.detach() for p, t in zip(rule.parameters, self.theta, strict=True)}
        parameters = self.adaptation.network.parameters()
        return [moved[id(p)] if id(p) in moved else torch.zeros_like(p) for p in parameters]

    def score(self, inputs: Tensor) -> Tensor:
        """Score images."""
        return self.adaptation.score(self.adaptation.prepare(inputs))

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all parameters and buffers."""
        return {name: value.clone() for name, value in self.adaptation.network.state_dict().items()}


class ThroughSteps:
    """Second order: the network's code runs with parameters that are functions of theta, which itself never moves.

    Args:
        network: holds theta.
        inner: how a user's parameters descend.
        steps: S.
        factor: multiplies the inner rates.
    """

    def __init__(self, network: nn.Module, inner: InnerLoop, steps: int, factor: float) -> None:
        self.network = network
        self.inner = inner
        self.steps = steps
        self.rule = inner.optimizer(network)
        self.rule.factor = factor
        self.names = inner.names(network)
        self.theta = dict(network.named_parameters())
        self.own: dict[str, Tensor] = dict(self.theta)

    def predict(self, inputs: Tensor) -> Tensor:
        """Score images with the user's own parameters, as a function of theta."""
        scores: Tensor = functional_call(self.network, self.own, (inputs,))
        return scores

    def adapt(self, examples: Examples) -> None:
        """Take S steps on a batch."""
        self.inner.refuse_single(len(examples.scores))
        self.inner.set_mode(self.network)
        with torch.inference_mode(False), torch.enable_grad():
            inputs, scores = usable(self.network, examples.inputs), outside(examples.scores)
            for _ in range(self.steps):
                moving = {name: self.own[name] for name in self.names}
                updates = differentiable_updates(self.inner, self.rule, self.predict, moving, inputs, scores)
                self.own |= {name: moving[name] + update for name, update in updates.items()}
        self.inner.set_scoring_mode(self.network)

    def gradient(self, examples: Examples) -> tuple[Tensor, ...]:
        """Return the gradient of the loss through the steps."""
        return loss_gradients(self.network, self.inner, examples, list(self.theta.values()), self.predict)

    def displacement(self) -> list[Tensor]:
        """Return theta - theta_i."""
        return [value.detach() - self.own[name].detach() for name, value in self.theta.items()]

    @torch.no_grad()
    def score(self, inputs: Tensor) -> Tensor:
        """Score images."""
        return self.predict(usable(self.network, inputs))

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of all parameters and buffers."""
        return {n: self.own.get(n, value).detach().clone() for n, value in self.network.state_dict().items()}
