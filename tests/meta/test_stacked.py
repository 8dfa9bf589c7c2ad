from __future__ import annotations

import copy

import pytest
import torch

from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.meta_sgd import MetaSGDLearner
from piaa_lightning.meta.stacked import Stack, padded, why_not_stacked

RATES = {"backbone": 1e-3, "head": 1e-2}


@pytest.mark.parametrize("rule", ["adam", "sgd", "learned"])
@pytest.mark.parametrize("layers", ["all", "last_stage", "head", "norm"])
def test_users_at_once_are_users_one_by_one(nets, rule, layers):
    network = MetaSGDLearner(nets.Parted(), InnerLoop(RATES)).module if rule == "learned" else nets.Parted()
    inner = InnerLoop(RATES, rule=rule, layers=layers, betas=(0.8, 0.9))
    before = nets.state(network)
    users = [nets.episode(seed, query=3 + seed) for seed in (1, 2, 3)]
    engine = Adaptation(network, inner)
    stack = Stack(engine, len(users), factor=2.0)
    inputs = torch.stack([engine.prepare(user.support.inputs) for user in users])
    query = padded([engine.prepare(user.query.inputs) for user in users])
    for steps in (0, 2, 3):  # goes on where it stopped
        stack.descend(inputs, torch.stack([user.support.scores for user in users]), steps)
    found = stack.score(query)
    assert nets.same(nets.state(network), before)
    for user, row in zip(users, found, strict=True):
        own = copy.deepcopy(network)
        rule_of_one = inner.optimizer(own)
        rule_of_one.factor = 2.0
        inner.descend(own, rule_of_one, user.support.inputs, user.support.scores, 5)
        with torch.no_grad():
            expected = own(user.query.inputs)
            assert (expected - network(user.query.inputs)).abs().max() > 1e-6
        torch.testing.assert_close(row[: len(expected)], expected, rtol=0, atol=1e-8)


def test_it_works_under_inference_mode(nets):
    engine = Adaptation(nets.Network(), InnerLoop(RATES))
    with torch.inference_mode():
        user = nets.episode(1).support
        stack = Stack(engine, 2)
        stack.descend(torch.stack([user.inputs] * 2), torch.stack([user.scores] * 2), 2)
        one, two = stack.score(torch.stack([user.inputs] * 2))
    assert torch.equal(one, two)


def test_short_batches_are_filled_up():
    rows = padded([torch.tensor([[1.0], [2.0]]), torch.tensor([[3.0]])])
    assert rows.tolist() == [[[1], [2]], [[3], [3]]]


def test_what_cannot_be_stacked_says_why():
    assert why_not_stacked(InnerLoop()) == ""
    assert "dropout" in why_not_stacked(InnerLoop(dropout=True))
    assert "statistics" in why_not_stacked(InnerLoop(bn_mode="transductive"))
