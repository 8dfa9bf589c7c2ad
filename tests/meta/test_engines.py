"""Both engines do the same: outer steps by learn2learn's clone and adapt against outer steps in place.

First order: the same operations in the same order, so the same bits. Second order: the same sums of derivatives, but
the clone adds nodes to the graph and torch decides in which order contributions are added up, so equality is up to the
rounding of float64 (1e-12 on numbers of size one).
"""

from __future__ import annotations

import copy

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.displacement import DisplacementLearner
from piaa_lightning.meta.engines import ENGINES
from piaa_lightning.meta.groups import LAYERS
from piaa_lightning.meta.inner_loop import BN_MODES, InnerLoop
from piaa_lightning.meta.learners import LEARNERS, recipe_of

RATES = {"backbone": 1e-2, "head": 3e-2}
CLASSES = {name: recipe.learner for name, recipe in LEARNERS.items()}
RULES = {name: ("sgd",) if made.second_order else ("adam", "sgd", "RMSprop") for name, made in CLASSES.items()}
PAIRS = [(name, rule) for name, rules in RULES.items() for rule in rules]


def trained(nets, name, engine, settings=None, **inner):
    """Three outer steps of an outer Adam over two users each; theta, the buffers and a new user's scores."""
    torch.manual_seed(5)  # for dropout, where it is on
    learner = CLASSES[name](nets.Parted(), InnerLoop(RATES, **inner), steps=2, engine=engine, **(settings or {}))
    learner.module.train()
    optimizer = torch.optim.Adam(learner.module.parameters(), lr=1e-2)
    for step in range(3):
        learner.factor = 0.9**step
        gradient = learner.outer_gradient([nets.episode(2 * step), nets.episode(2 * step + 1)])
        for parameter, value in zip(learner.module.parameters(), gradient, strict=True):
            parameter.grad = value
        optimizer.step()
    with torch.inference_mode():  # as Lightning validates
        scores = learner.personal_scores(nets.episode(9))
    assert all(module.training for module in learner.module.modules())
    return learner, {**nets.state(learner.module), "scores": scores.clone()}


def compare(learner, one, other):
    tolerance = 1e-12 if learner.second_order else 0
    assert list(one) == list(other)
    for key, value in one.items():
        torch.testing.assert_close(other[key], value, rtol=0, atol=tolerance)


@pytest.mark.slow
@pytest.mark.parametrize("layers", [layers for layers in LAYERS if layers != "added"])
@pytest.mark.parametrize("bn_mode", BN_MODES)
@pytest.mark.parametrize(("name", "rule"), PAIRS)
def test_both_engines_give_the_same_numbers(nets, name, rule, bn_mode, layers):
    learner, found = trained(nets, name, "in_place", rule=rule, bn_mode=bn_mode, layers=layers)
    _, other = trained(nets, name, "learn2learn", rule=rule, bn_mode=bn_mode, layers=layers)
    compare(learner, found, other)
    start = nets.Parted().state_dict()
    moved = {key for key, value in start.items() if not torch.equal(value, found[key])}
    assert "head.0.weight" in moved or layers in ("norm", "bias")
    assert moved & {"backbone.layers.1.weight", "backbone.layers.1.bias", "head.0.weight", "head.0.bias"}
    statistics = {key for key in start if "running" in key or "batches" in key}
    assert moved & statistics == (statistics if bn_mode == "accumulate" else set())


@pytest.mark.slow
@pytest.mark.parametrize("reset_state", ["level", "task", "never"])
@pytest.mark.parametrize("name", [name for name, made in CLASSES.items() if not made.second_order])
def test_they_agree_on_what_outlives_a_user_and_on_what_dropout_draws(nets, name, reset_state):
    for more in {"mean", CLASSES[name].reductions[-1]}:  # in the end sequential_ema, where a learner knows it
        settings = {"reset_state": reset_state, "reduce": more}
        learner, found = trained(nets, name, "in_place", settings, dropout=True, bn_mode="accumulate")
        other, same = trained(nets, name, "learn2learn", settings, dropout=True, bn_mode="accumulate")
        compare(learner, found, same)
        torch.testing.assert_close(other.state(), learner.state(), rtol=0, atol=0)
        assert bool(learner.state()) == (reset_state == "never")


def test_a_run_goes_on_with_the_other_engine(nets):
    inner, users = InnerLoop(RATES), [nets.episode(1), nets.episode(2)]
    whole = BilevelLearner(nets.Network(), inner, reset_state="never")
    whole.outer_gradient(users[:1])
    resumed = BilevelLearner(nets.Network(), inner, reset_state="never", engine="learn2learn")
    resumed.load_state(copy.deepcopy(whole.state()))
    expected = [value.clone() for value in whole.outer_gradient(users[1:])]
    fresh = BilevelLearner(nets.Network(), inner, reset_state="never").outer_gradient(users[1:])
    assert all(torch.equal(one, two) for one, two in zip(resumed.outer_gradient(users[1:]), expected, strict=True))
    assert not torch.equal(fresh[0], expected[0])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", LEARNERS)
def test_each_engine_runs_on_the_network_that_it_says(nets, name, engine):
    network, own = nets.Network(), set()
    learner = CLASSES[name](network, InnerLoop(RATES, rule="sgd"), engine=engine)
    network.register_forward_hook(lambda module, inputs, scores: own.add(module is network))  # clones share hooks
    learner.outer_gradient([nets.episode(1)])
    learner.personal_scores(nets.episode(1))
    assert own == {engine == "in_place"}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_last_users_parameters_are_theirs(nets, engine):
    learner = BilevelLearner(nets.Network(), InnerLoop(RATES), engine=engine)
    learner.keep_last = True
    users = [nets.episode(1), nets.episode(2)]
    learner.outer_gradient(users)
    clone = learner.clone()
    clone.adapt(users[1].support)
    clone.adapt(users[1].query)
    assert nets.same(learner.last_user, nets.state(clone.module))


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_is_cloned_and_adapted_as_in_that_library(nets, name):
    """theta'_i by ``clone()`` and ``adapt()``; where second order, its loss has a gradient at theta."""
    learner = CLASSES[name](nets.Network(), InnerLoop(RATES, rule="sgd"), steps=2)
    before, user = nets.state(learner.module), nets.episode(1)
    clone = learner.clone()
    clone.adapt(user.support)
    expected = learner.adapt(user.support)
    assert nets.same(nets.state(clone.module), nets.state(expected.module))
    assert nets.same(nets.state(learner.module), before)
    assert not torch.equal(nets.state(clone.module)["head.0.weight"], before["head.0.weight"])
    nets.mean_square(clone, user.query).backward()
    reached = [parameter.grad is not None for parameter in learner.module.parameters()]
    assert reached == [learner.second_order] * len(reached)


def test_names_that_there_are_not(nets):
    with pytest.raises(UserError, match=r"learner\.engine=learn2lern: .*did you mean learn2learn\?"):
        BilevelLearner(nets.Network(), InnerLoop(RATES), engine="learn2lern")
    with pytest.raises(UserError, match=r"learner=reptil: .*did you mean reptile\?"):
        recipe_of("reptil")
    assert issubclass(recipe_of("blg").learner, DisplacementLearner)
