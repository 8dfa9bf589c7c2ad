from __future__ import annotations

import pytest
import torch

from piaa_lightning.callbacks.clip_own_steps import ClipOwnSteps


class Stepping:
    """Makes any task take its steps by itself, and keeps the gradient that the optimiser was given."""

    def __new__(cls, task):
        kind = type("Stepping", (type(task),), {"training_step": cls.step})
        task.__class__ = kind
        task.automatic_optimization = False
        task.seen = []
        return task

    def step(self, batch, number):
        optimizer = self.optimizers()
        optimizer.zero_grad()
        loss = 100 * (self.network(batch.inputs) - batch.scores).square().mean()
        self.manual_backward(loss)
        optimizer.step()
        self.seen.append([parameter.grad.clone() for parameter in self.network.parameters()])


@pytest.mark.parametrize("algorithm", [None, "norm", "value"])
def test_what_the_optimiser_gets_is_clipped(task, fit, tmp_path, algorithm):
    plain, clipped = Stepping(task()), Stepping(task())
    fit(plain, tmp_path / "one")
    fit(clipped, tmp_path / "two", ClipOwnSteps(1e-3, algorithm))
    before, after = plain.seen[0], clipped.seen[0]
    length = torch.stack([value.norm() for value in before]).norm()
    assert length > 1e-2
    for one, other in zip(before, after, strict=True):
        expected = one.clamp(-1e-3, 1e-3) if algorithm == "value" else one * 1e-3 / length
        torch.testing.assert_close(other, expected, rtol=1e-3, atol=1e-9)
