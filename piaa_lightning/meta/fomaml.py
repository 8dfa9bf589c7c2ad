"""First-order MAML: the gradient of the query loss at a user's own parameters."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.learner import FirstOrderLearner


class FOMAMLLearner(FirstOrderLearner):
    """FOMAML (Finn, Abbeel and Levine, ICML 2017, section 5.2): d L_query / d theta'_i stands for d L_query / d theta.

    theta'_i is S steps from theta on the support batch, of any rule; all parameters that require gradients get one,
    also those that do not move in the inner loop.
    """

    def user_gradient(self, episode: Episode) -> tuple[Tensor, ...]:
        """Return the gradient of the query loss at theta'_i."""
        with self.user() as (adaptation, _):
            self.level(adaptation, episode.support)
            self.inner.set_mode(self.module)
            with torch.inference_mode(False), torch.enable_grad():
                loss = self.inner.loss(self.module(episode.query.inputs), episode.query.scores)
                return gradients(loss, list(self.module.parameters()))


def gradients(loss: Tensor, parameters: list[Tensor]) -> tuple[Tensor, ...]:
    """Return the gradient of each parameter, zero for those that do not require one or have no part in the loss."""
    wanted = [parameter for parameter in parameters if parameter.requires_grad]
    found = torch.autograd.grad(loss, wanted, allow_unused=True, materialize_grads=True)
    by_id = {id(parameter): gradient for parameter, gradient in zip(wanted, found, strict=True)}
    return tuple(by_id[id(p)] if id(p) in by_id else torch.zeros_like(p) for p in parameters)
