"""Classes of torch.optim as inner rules, against the same class on a copy of the network."""

from __future__ import annotations

import copy

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.meta.adaptation import Adaptation
from piaa_lightning.meta.inner_loop import InnerLoop
from piaa_lightning.meta.maml import MAMLLearner
from piaa_lightning.meta.rules.torch_rule import torch_rules
from piaa_lightning.meta.stacked import Stack, why_not_stacked

RATES = {"backbone": 1e-2, "head": 3e-2}
OPTIONS = {"SGD": {"momentum": 0.9, "nesterov": True}, "RMSprop": {"momentum": 0.5}, "AdamW": {"weight_decay": 0.1}}
VECTORS = sorted(set(torch_rules()) - {"Muon"})  # which moves matrices alone


def by_torch(nets, name, user, steps, factor=1.0):
    network = nets.Network().eval()
    groups = [{"params": getattr(network, part).parameters(), "lr": rate * factor} for part, rate in RATES.items()]
    optimizer = getattr(torch.optim, name)(groups, **OPTIONS.get(name, {}))
    for _ in range(steps):
        optimizer.zero_grad()
        nets.mean_square(network, user).backward()
        optimizer.step()
    return network


@pytest.mark.parametrize("name", VECTORS)
def test_a_class_of_torch_moves_users_as_it_would_by_itself(nets, name):
    inner = InnerLoop(RATES, rule=name, rule_options=OPTIONS.get(name, {}))
    adaptation = Adaptation(nets.Network(), inner)
    adaptation.rule.factor = 0.5
    for seed in (1, 2):  # the second finds nothing of the first
        user = nets.episode(seed).support
        expected = by_torch(nets, name, user, 3, factor=0.5)
        with adaptation.user():
            adaptation.descend(adaptation.prepare(user.inputs), user.scores, 3)
            for own, other in zip(adaptation.network.parameters(), expected.parameters(), strict=True):
                torch.testing.assert_close(own, other, rtol=0, atol=1e-10)
    assert not torch.equal(expected.head[0].weight, nets.Network().head[0].weight)
    assert nets.same(nets.state(adaptation.network), nets.state(nets.Network()))


@pytest.mark.parametrize("name", [name for name in VECTORS if not why_not_stacked(InnerLoop(rule=name))])
def test_users_at_once_are_users_one_by_one(nets, name):
    inner = InnerLoop(RATES, rule=name, rule_options=OPTIONS.get(name, {}))
    stack, users = Stack(Adaptation(nets.Network(), inner), 2), [nets.episode(1), nets.episode(2)]
    inputs, scores = (torch.stack(values) for values in zip(*(user.support for user in users), strict=True))
    for _ in range(2):
        stack.descend(inputs, scores, 2)
    found = stack.score(torch.stack([user.query.inputs for user in users]))
    for user, row in zip(users, found, strict=True):
        expected = by_torch(nets, name, user.support, 4)(user.query.inputs)
        torch.testing.assert_close(row, expected.detach(), rtol=0, atol=1e-6)


def test_a_state_can_be_kept_and_taken_up(nets):
    inner, user = InnerLoop(RATES, rule="SGD", rule_options={"momentum": 0.9}), nets.episode(1).support
    whole, first = nets.Network(), nets.Network()
    inner.descend(whole, inner.optimizer(whole), user.inputs, user.scores, 4)
    rule = inner.optimizer(first)
    inner.descend(first, rule, user.inputs, user.scores, 2)
    again = inner.optimizer(first)
    again.load_state(copy.deepcopy(rule.state()))
    inner.descend(first, again, user.inputs, user.scores, 2)
    assert nets.same(nets.state(first), nets.state(whole))


def test_what_makes_no_sense_is_refused(nets):
    with pytest.raises(UserError, match=r"inner\.rule_options=momentun: .*did you mean momentum\?"):
        InnerLoop(RATES, rule="SGD", rule_options={"momentun": 0.9})
    with pytest.raises(UserError, match=r"inner\.rule_options: this rule has no momentum"):
        InnerLoop(RATES, rule="sgd", rule_options={"momentum": 0.9})
    with pytest.raises(UserError, match=r"inner\.rule=Muon: torch refuses it"):
        InnerLoop(RATES, rule="Muon").optimizer(nets.Network())
    with pytest.raises(UserError, match=r"inner\.rule=SGD: torch refuses it \(Invalid momentum value: -1"):
        InnerLoop(RATES, rule="SGD", rule_options={"momentum": -1}).optimizer(nets.Network())
    with pytest.raises(UserError, match=r"inner\.rule=AdamW: this learner differentiates through the inner steps"):
        MAMLLearner(nets.Network(), InnerLoop(RATES, rule="AdamW"))
    assert "mixes" in why_not_stacked(InnerLoop(rule="Adafactor"))
    assert not {"LBFGS", "SparseAdam", "Optimizer"} & set(torch_rules())
