"""Gradient steps on one user's pictures: the inner loop of every learner, and the fine-tuning of a new user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.losses.score import score_loss
from piaa_lightning.meta.adam import InnerAdam
from piaa_lightning.nn.network import ScoreNetwork

Loss = Callable[[Tensor, Tensor], Tensor]
LAYERS = ("all", "head", "norm")


@dataclass(frozen=True)
class InnerLoop:
    """How a user's copy of the network descends.

    Args:
        rate: the inner learning rate alpha of the backbone.
        head_rate: alpha of the head; the authors' code has ten times the backbone's.
        betas: decay of Adam's moments.
        eps: Adam's epsilon.
        bias_correction: whether Adam's moments are corrected.
        layers: which parameters move: ``all``, ``head``, or ``norm`` (scales and shifts of batch norm).
        dropout: whether dropout stays on. NOTE: the authors' code leaves it on without a word; the default is off.
        loss: of predictions and scores.
    """

    rate: float = 1e-4
    head_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    bias_correction: bool = True
    layers: str = "all"
    dropout: bool = False
    loss: Loss = score_loss

    def __post_init__(self) -> None:
        if self.layers not in LAYERS:
            raise UserError(f"layers={self.layers}: no such choice of layers; take one of {', '.join(LAYERS)}.")

    def optimizer(self, network: nn.Module) -> InnerAdam:
        """Return a fresh optimiser for a user's network: nothing is carried over from another user."""
        betas = (self.betas[0], self.betas[1])
        return InnerAdam(self._groups(network), betas, self.eps, self.bias_correction)

    def _set_mode(self, network: nn.Module) -> None:
        """Batch norm uses the prior's statistics and never changes them."""
        network.eval()
        if self.dropout:
            for module in network.modules():
                if isinstance(module, nn.Dropout):
                    module.train()

    def descend(self, network: nn.Module, optimizer: InnerAdam, inputs: Tensor, scores: Tensor, steps: int) -> None:
        """Take full-batch gradient steps, and leave the network ready to score.

        Args:
            network: a user's own copy, moved in place.
            optimizer: that copy's optimiser.
            inputs: ``(batch, ...)`` pictures or features.
            scores: ``(batch,)`` in [0, 1].
            steps: how many steps.
        """
        self._set_mode(network)
        with torch.inference_mode(False), torch.enable_grad():
            inputs, scores = inputs.clone(), scores.clone()  # tensors made under inference mode cannot be saved
            if isinstance(network, ScoreNetwork):
                inputs = network.prepare(inputs)
            for _ in range(steps):
                loss = self.loss(network(inputs), scores)
                optimizer.step(torch.autograd.grad(loss, optimizer.parameters))
        network.eval()

    def _groups(self, network: nn.Module) -> list[tuple[list[nn.Parameter], float]]:
        """Split the moving parameters into backbone and head; everything else stays where it is."""
        head = {id(parameter) for parameter in network.get_submodule("head").parameters()}
        if self.layers == "norm":
            norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d | nn.LayerNorm)]
            moving = [parameter for module in norms for parameter in module.parameters(recurse=False)]
        else:
            moving = list(network.parameters())
        moving = [parameter for parameter in moving if parameter.requires_grad]
        rest = [parameter for parameter in moving if id(parameter) not in head]
        heads = [parameter for parameter in moving if id(parameter) in head]
        return [([] if self.layers == "head" else rest, self.rate), (heads, self.head_rate)]
