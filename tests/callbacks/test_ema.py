"""The moving average is Lightning's; what is tested is that a run keeps and validates it."""

from __future__ import annotations

import pytest
import torch
from hydra.utils import instantiate

from composing import config_of


@pytest.fixture
def average():
    cfg = config_of("callbacks=ema", "callbacks.ema.decay=0.9")
    return instantiate(cfg.callbacks.ema)


def test_the_average_over_steps_is_what_is_left_and_kept(task, fit, tmp_path, average):
    states = []

    class Watched(type(task())):
        def on_train_batch_end(self, *_given):
            states.append({name: p.detach().clone() for name, p in self.network.named_parameters()})

    module = task()
    module.__class__ = Watched
    fit(module, tmp_path / "plain", average)
    left = dict(module.network.named_parameters())
    for name, value in left.items():
        expected = states[0][name]
        for state in states[1:]:
            expected = 0.9 * expected + 0.1 * state[name]
        torch.testing.assert_close(value, expected, rtol=1e-5, atol=1e-7)
    saved = torch.load(tmp_path / "plain" / "last.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(saved[f"network.{name}"], value) for name, value in left.items())
