from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch

from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.restored import restored


def upset(network):
    """Change everything that a borrower can change: parameters, statistics, modes."""
    network.train()
    network(torch.randn(5, 3, 4, 4, dtype=torch.float64))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(torch.nan)
    network.head.eval()


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_it_comes_back_bit_for_bit_whatever_happened(nets, error):
    network = nets.Network()
    network.backbone.eval()
    before, modes = nets.state(network), [module.training for module in network.modules()]
    pointers = [parameter.data_ptr() for parameter in network.parameters()]
    with pytest.raises(error) if error else nullcontext(), restored(network, list(network.parameters())):
        upset(network)
        assert not nets.same(nets.state(network), before)
        if error:
            raise error
    assert nets.same(nets.state(network), before)
    assert [module.training for module in network.modules()] == modes
    assert [parameter.data_ptr() for parameter in network.parameters()] == pointers
    assert all(parameter.requires_grad for parameter in network.parameters())


def test_a_second_interrupt_while_it_is_taken_back_changes_nothing(nets, monkeypatch):
    network = nets.Network()
    before, copy, interrupted = nets.state(network), torch._foreach_copy_, []

    def interrupt(values, originals):
        if not interrupted:
            interrupted.append(True)
            copy(values[:1], originals[:1])
            raise KeyboardInterrupt
        copy(values, originals)

    monkeypatch.setattr(torch, "_foreach_copy_", interrupt)
    with pytest.raises(KeyboardInterrupt), restored(network, list(network.parameters())):
        upset(network)
    assert interrupted
    assert nets.same(nets.state(network), before)


def test_buffers_stay_only_if_asked(nets):
    network = nets.Network()
    before = nets.state(network)
    with restored(network, list(network.parameters()), keep_buffers=True):
        upset(network)
    after = nets.state(network)
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed == {f"backbone.layers.1.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")}


def test_it_works_under_inference_mode(nets):
    network = nets.Network()
    before = nets.state(network)
    user = nets.episode(1).support
    inner = InnerLoop()
    rule = inner.optimizer(network)
    with torch.inference_mode():
        user = nets.episode(1).support
        with restored(network, rule.parameters) as theta:
            inner.descend(network, rule, user.inputs, user.scores, 2)
            assert not torch.equal(theta[0], next(network.parameters()))
    assert nets.same(nets.state(network), before)
    nets.mean_square(network, nets.episode(2).support).backward()  # and it can be trained afterwards
