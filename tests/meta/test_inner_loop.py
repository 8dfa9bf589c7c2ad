from __future__ import annotations

import copy

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.inner_loop import BN_MODES, InnerLoop

RATES = {"backbone": 1e-3, "head": 1e-2}


def descended(network, inner, user, steps=3):
    inner.descend(network, inner.optimizer(network), user.inputs, user.scores, steps)
    return network


@pytest.mark.parametrize("rule", ["adam", "sgd"])
@pytest.mark.parametrize("layers", ["all", "head"])
def test_steps_are_those_written_out(nets, rule, layers):
    user = nets.episode(1).support
    inner = InnerLoop(RATES, rule=rule, betas=(0.8, 0.95), eps=1e-6, layers=layers)
    own = descended(nets.Network(), inner, user)
    expected = nets.Network().eval()
    moving = {name for group in inner.groups(expected) for name in group.names}
    if rule == "adam":
        nets.slow_adam(expected, user, 3, RATES, (0.8, 0.95), 1e-6, True, moving)
    else:
        nets.slow_sgd(expected, user, 3, RATES, moving)
    for one, other in zip(own.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("bn_mode", BN_MODES)
def test_what_batch_norm_does_is_written_out(nets, bn_mode):
    user = nets.episode(1)
    own = descended(nets.Network(), InnerLoop(RATES, bn_mode=bn_mode), user.support)
    expected = nets.Network().eval()
    norm = expected.backbone.layers[1]
    norm.train(bn_mode != "frozen")
    nets.slow_adam(expected, user.support, 3, RATES, (0.9, 0.999), 1e-8, True)
    norm.train(bn_mode == "transductive")
    with torch.no_grad():
        torch.testing.assert_close(own(user.query.inputs), expected(user.query.inputs), rtol=0, atol=1e-9)
        moved = not torch.equal(norm.running_mean, nets.Network().backbone.layers[1].running_mean)
    assert moved == (bn_mode != "frozen")


def test_the_modes_of_batch_norm_differ(nets):
    user = nets.episode(1)
    found = []
    for bn_mode in ("frozen", "per_task_reset", "transductive"):
        with torch.no_grad():
            found.append(descended(nets.Network(), InnerLoop(RATES, bn_mode=bn_mode), user.support)(user.query.inputs))
    assert not torch.allclose(found[0], found[1])
    assert not torch.allclose(found[1], found[2])


def test_dropout_is_off_unless_asked_for(nets):
    user = nets.episode(5, support=30).support
    off, on = InnerLoop(RATES), InnerLoop(RATES, dropout=True)
    first, second = (descended(nets.Network(), off, user).head[0].weight for _ in range(2))
    assert torch.equal(first, second)
    network, other = nets.Network(), nets.Network()
    torch.manual_seed(1)
    third = descended(network, on, user)
    torch.manual_seed(2)
    assert not torch.equal(third.head[0].weight, descended(other, on, user).head[0].weight)
    assert not any(module.training for module in third.modules()), "scoring draws nothing"


def test_a_part_that_no_step_changes_is_computed_once_and_gives_the_same_bits(nets, monkeypatch):
    user = nets.episode(1)
    inner = InnerLoop(RATES, layers="head")
    whole = descended(copy.deepcopy(nets.Parted()), inner, user.support)
    network = nets.Parted()
    engine, calls = Adaptation(network, inner), []
    monkeypatch.setattr(network.backbone, "forward", lambda x, f=network.backbone.forward: calls.append(1) or f(x))
    with engine.user():
        engine.descend(engine.prepare(user.support.inputs), user.support.scores, 3)
        scores = engine.score(engine.prepare(user.query.inputs))
    with torch.no_grad():
        assert torch.equal(scores, whole(user.query.inputs))
    assert len(calls) == 2
    for settings in (
        {"layers": "all"},
        {"layers": "head", "dropout": True},
        {"layers": "head", "bn_mode": "accumulate"},
    ):
        assert not Adaptation(network, InnerLoop(RATES, **settings)).parted


def test_a_users_copy_shares_neither_parameters_nor_batch_norm_statistics(nets):
    network = nets.Network()
    copied = clone_for_user(network).train()
    with torch.no_grad():
        copied(nets.episode(3).support.inputs)  # training mode: batch norm writes its statistics
        for parameter in copied.parameters():
            parameter.add_(1)
    assert nets.same(nets.state(network), nets.state(nets.Network()))
    assert dict(copied.named_buffers())["backbone.layers.1.num_batches_tracked"] == 1


@pytest.mark.parametrize(("key", "value"), [("rule", "rmsprop"), ("layers", "top"), ("bn_mode", "off")])
def test_settings_that_make_no_sense_are_refused(key, value):
    with pytest.raises(UserError, match=rf"inner\.{key}={value}: there is no such choice.*; take one of"):
        InnerLoop(**{key: value})


def test_statistics_of_one_image_are_refused(nets):
    user = nets.episode(1, support=1).support
    with pytest.raises(UserError, match="batch norm cannot take statistics from one image"):
        descended(nets.Network(), InnerLoop(RATES, bn_mode="transductive"), user)
    descended(nets.Network(), InnerLoop(RATES), user)


def test_learnt_rates_must_be_there(nets):
    with pytest.raises(UserError, match="holds no learnt rates; meta-train it with task=metasgd"):
        InnerLoop(RATES, rule="learned").optimizer(nets.Network())
