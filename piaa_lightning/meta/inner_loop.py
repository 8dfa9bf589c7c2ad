"""Gradient steps on one user's images: the inner loop of every learner, and the fine-tuning of a new user."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from piaa_lightning.errors import UserError
from piaa_lightning.losses.score import score_loss
from piaa_lightning.meta.groups import LAYERS, Group, moving_groups
from piaa_lightning.meta.rules.registry import RULES
from piaa_lightning.meta.rules.rule import InnerRule
from piaa_lightning.runtime.choices import check_choice

Loss = Callable[[Tensor, Tensor], Tensor]
BN_MODES = ("frozen", "per_task_reset", "accumulate", "transductive")
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


@dataclass(frozen=True)
class InnerLoop:
    """The inner loop of meta-learning: how a network is fitted to one user's images.

    What batch norm does (``bn_mode``):

    * ``frozen``: normalises with the prior's running statistics, which nothing changes. NOTE: the authors' code has
      batch norm in training mode; frozen is our default, because ten images do not estimate statistics.
    * ``per_task_reset``: normalises with the batch and keeps running statistics, with which the user's query is
      scored; the next user starts from the prior's again.
    * ``accumulate``: the same, but in meta-training nothing is reset: statistics run on from user to user, as in the
      authors' code. A new user who is only evaluated never changes the prior's.
    * ``transductive``: normalises with the batch, in the steps and in scoring alike; running statistics are not used.

    Args:
        lr_by_part: the inner learning rate alpha by submodule; the longest matching name wins. The authors' code has
            ten times the backbone's for the head.
        rule: ``adam`` as in the talk, ``sgd``, ``learned`` (gradient steps with the rates that Meta-SGD learnt,
            which live in the network), or the name of a class in torch.optim, such as ``RMSprop``.
        betas: decay of the moments of ``adam``.
        eps: epsilon of ``adam``.
        bias_correction: whether the moments of ``adam`` are corrected.
        rule_options: arguments of the class in torch.optim, such as ``{momentum: 0.9}``; rates are of ``lr_by_part``.
        layers: which parameters move: ``all``, ``last_stage``, ``head``, ``norm``, ``bias`` or ``added``.
        dropout: whether dropout stays on. NOTE: the authors' code leaves it on without a word; the default is off.
        bn_mode: what batch norm does, see above.
        loss: of predictions and scores.

    Raises:
        UserError: no such rule, layers or batch-norm mode, or an option that the rule has not.

    Example:
        >>> network = nn.ModuleDict({"head": nn.Linear(2, 1)})
        >>> rule = InnerLoop(rule="RMSprop", rule_options={"momentum": 0.9}).optimizer(network)
        >>> [tuple(parameter.shape) for parameter in rule.parameters]
        [(1, 2), (1,)]
    """

    lr_by_part: Mapping[str, float] = field(default_factory=lambda: {"backbone": 1e-4, "head": 1e-3})
    rule: str = "adam"
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    bias_correction: bool = True
    layers: str = "all"
    dropout: bool = False
    bn_mode: str = "frozen"
    loss: Loss = score_loss
    rule_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_choice("inner.rule", self.rule, RULES)
        check_choice("inner.layers", self.layers, LAYERS)
        check_choice("inner.bn_mode", self.bn_mode, BN_MODES)
        RULES[self.rule].check_options(self.rule_options)

    def groups(self, network: nn.Module) -> list[Group]:
        """Return the parameters that move, by rate; together they are exactly those, each once."""
        return moving_groups(network, self.lr_by_part, self.layers)

    def names(self, network: nn.Module) -> list[str]:
        """Return the names of the parameters that move, in the order of the rule's parameters."""
        return [name for group in self.groups(network) for name in group.names]

    def optimizer(self, network: nn.Module) -> InnerRule:
        """Return a fresh rule for a network: nothing is carried over from another user."""
        named = dict(network.named_parameters())
        groups = [([named[name] for name in group.names], group.rate) for group in self.groups(network)]
        options: Mapping[str, Any] = self.rule_options
        if self.rule == "adam":
            betas = (self.betas[0], self.betas[1])
            options = {"betas": betas, "eps": self.eps, "bias_correction": self.bias_correction}
        return RULES[self.rule].build(network, groups, options)

    def set_mode(self, network: nn.Module) -> None:
        """Put batch norm and dropout into the mode in which steps are taken."""
        network.eval()
        for module in network.modules():
            norm = isinstance(module, BATCH_NORMS) and self.bn_mode != "frozen"
            if norm or (self.dropout and isinstance(module, DROPOUTS)):
                module.train()

    def set_scoring_mode(self, network: nn.Module) -> None:
        """Put batch norm and dropout into the mode in which images are scored after the steps."""
        network.eval()
        if self.bn_mode == "transductive":
            for module in network.modules():
                if isinstance(module, BATCH_NORMS):
                    module.train()

    def descend(self, network: nn.Module, optimizer: InnerRule, inputs: Tensor, scores: Tensor, steps: int) -> None:
        """Take full-batch gradient steps, and leave the network ready to score.

        Args:
            network: moved in place.
            optimizer: of that network.
            inputs: ``(batch, ...)`` images or features.
            scores: ``(batch,)`` in [0, 1].
            steps: how many steps.

        Raises:
            UserError: batch statistics of a single image are asked for.
        """
        self.refuse_single(len(scores))
        self.set_mode(network)
        with torch.inference_mode(False), torch.enable_grad():
            inputs, scores = usable(network, inputs), outside(scores)
            for _ in range(steps):
                loss = self.loss(network(inputs), scores)
                optimizer.step(torch.autograd.grad(loss, optimizer.parameters))
        self.set_scoring_mode(network)

    def refuse_single(self, batch: int) -> None:
        """Refuse batch statistics of a single image."""
        if batch < 2 and self.bn_mode != "frozen":
            raise UserError(
                f"inner.bn_mode={self.bn_mode}: batch norm cannot take statistics from one image; "
                f"give two shots or more, or take inner.bn_mode=frozen."
            )


def usable(network: nn.Module, inputs: Tensor) -> Tensor:
    """Do once what every pass would do first: the network's own preparation, where it has one."""
    inputs = outside(inputs)
    prepare = getattr(network, "prepare", None)
    return inputs if prepare is None else prepare(inputs)


def outside(values: Tensor) -> Tensor:
    """Return values that autograd may save: those made under ``torch.inference_mode`` may not."""
    return values.clone() if values.is_inference() else values
