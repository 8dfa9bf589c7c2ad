"""No meta-learning at all: gradient descent on users' own ratings, which every meta-learner has to beat."""

from __future__ import annotations

import torch
from torch import Tensor

from piaa_lightning.data.batches import Episode
from piaa_lightning.meta.fomaml import gradients
from piaa_lightning.meta.learner import FirstOrderLearner
from piaa_lightning.meta.reptile import whole_episode


class PlainLearner(FirstOrderLearner):
    """Plain training on the same users' ratings: the gradient of their loss at theta, without an inner loop.

    What a meta-learner is better by than this is meta-learning; the rest is that it saw single users' ratings.
    ``steps`` only says how long validation users are adapted.
    """

    def user_gradient(self, episode: Episode) -> tuple[Tensor, ...]:
        """Return the gradient of the loss on all of a user's images."""
        everything = whole_episode(episode)
        with self.user():
            self.inner.refuse_single(len(everything.scores))
            self.inner.set_mode(self.module)
            with torch.inference_mode(False), torch.enable_grad():
                loss = self.inner.loss(self.module(everything.inputs), everything.scores)
                return gradients(loss, list(self.module.parameters()))
