"""Every learner against the same algorithm written out with plain loops over deep copies, in float64."""

from __future__ import annotations

import copy
import functools

import pytest
import torch
from torch.func import functional_call

from piaa_lightning.errors import UserError
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.fomaml import FOMAMLLearner
from piaa_lightning.meta.inner_loop import BN_MODES, InnerLoop
from piaa_lightning.meta.maml import ANILLearner, MAMLLearner
from piaa_lightning.meta.meta_sgd import MetaSGDLearner
from piaa_lightning.meta.plain import PlainLearner
from piaa_lightning.meta.reptile import ReptileLearner

RATES = {"backbone": 1e-3, "head": 1e-2}
BETAS, EPS = (0.9, 0.9), 1e-8
TALK = InnerLoop(RATES, betas=BETAS, eps=EPS, bias_correction=False)
STEEP = {"backbone": 0.1, "head": 0.3}
SGD = InnerLoop(STEEP, rule="sgd")
LEARNERS = {
    "blg": functools.partial(BilevelLearner, inner=TALK),
    "reptile": functools.partial(ReptileLearner, inner=TALK),
    "fomaml": functools.partial(FOMAMLLearner, inner=TALK),
    "plain": functools.partial(PlainLearner, inner=TALK),
    "maml": functools.partial(MAMLLearner, inner=SGD, steps=2),
    "anil": functools.partial(ANILLearner, inner=SGD, steps=2),
    "metasgd": functools.partial(MetaSGDLearner, inner=SGD, steps=2),
}


def adam(nets, network, examples, steps=5):
    nets.slow_adam(network, examples, steps, RATES, BETAS, EPS, False)


def joined(user):
    return type(user.support)(*(torch.cat(pair) for pair in zip(user.support, user.query, strict=True)))


def displaced(nets, descend):
    def gradient(theta, user):
        own = copy.deepcopy(theta).eval()
        descend(own, user)
        return [t.detach() - p.detach() for t, p in zip(theta.parameters(), own.parameters(), strict=True)]

    return gradient


def at_the_end(nets, descend, part):
    def gradient(theta, user):
        own = copy.deepcopy(theta).eval()
        descend(own, user)
        own.zero_grad()
        nets.mean_square(own, part(user)).backward()
        return [p.grad for p in own.parameters()]

    return gradient


def through(nets, moving, learnt=False):
    """Second order by double backward over a function of theta: no clones, no learn2learn."""

    def gradient(theta, user):
        names = [name for name, _ in theta.named_parameters() if not name.startswith("inner_rates")]
        start = {name: p.detach().clone().requires_grad_() for name, p in theta.named_parameters() if name in names}
        rates = {name: torch.full_like(p, STEEP[name.split(".")[0]]).requires_grad_() for name, p in start.items()}
        bare = copy.deepcopy(theta).eval()
        own = dict(start)
        for _ in range(2):
            loss = (functional_call(bare, own, (user.support.inputs,)) - user.support.scores).square().mean()
            steep = torch.autograd.grad(loss, [own[name] for name in names], create_graph=True)
            slopes = dict(zip(names, steep, strict=True))
            own = {n: own[n] - rates[n] * slopes[n] if n.startswith(moving) else own[n] for n in names}
        loss = (functional_call(bare, own, (user.query.inputs,)) - user.query.scores).square().mean()
        wanted = [*start.values(), *(rates.values() if learnt else ())]
        return torch.autograd.grad(loss, wanted)

    return gradient


WRITTEN_OUT = {
    "blg": lambda n: displaced(n, lambda own, user: [adam(n, own, user.support), adam(n, own, user.query)]),
    "reptile": lambda n: displaced(n, lambda own, user: adam(n, own, joined(user))),
    "fomaml": lambda n: at_the_end(n, lambda own, user: adam(n, own, user.support), lambda user: user.query),
    "plain": lambda n: at_the_end(n, lambda own, user: None, joined),
    "maml": lambda n: through(n, ("backbone", "head")),
    "anil": lambda n: through(n, ("head",)),
    "metasgd": lambda n: through(n, ("backbone", "head"), learnt=True),
}


@pytest.mark.parametrize("reduce", ["sum", "mean"])
@pytest.mark.parametrize("name", LEARNERS)
def test_one_outer_update_equals_the_algorithm_written_out(nets, name, reduce):
    users, beta = [nets.episode(seed) for seed in (1, 2, 3)], 0.25
    learner = LEARNERS[name](nets.Network(), reduce=reduce)
    network = learner.module
    gradients = [WRITTEN_OUT[name](nets)(network, user) for user in users]
    expected = []
    for index, parameter in enumerate(network.parameters()):
        total = sum(gradient[index] for gradient in gradients)
        expected.append(parameter.detach() - beta * (total if reduce == "sum" else total / 3))

    optimizer = torch.optim.SGD(network.parameters(), lr=beta)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    for parameter, gradient in zip(network.parameters(), learner.outer_gradient(users), strict=True):
        parameter.grad = gradient
    optimizer.step()

    assert len(gradients[0]) == len(before)
    for parameter, value, start in zip(network.parameters(), expected, before, strict=True):
        torch.testing.assert_close(parameter.detach(), value, rtol=0, atol=1e-10)
        assert (parameter.detach() - start).abs().max() > 1e-7, "did not move"


@pytest.mark.parametrize("name", ["maml", "anil", "metasgd"])
def test_second_order_agrees_with_finite_differences(nets, name):
    learner = LEARNERS[name](nets.Network())
    network, user, h = learner.module, nets.episode(4), 1e-5
    gradient = learner.outer_gradient([user])
    torch.manual_seed(3)
    direction = [torch.randn_like(parameter) for parameter in network.parameters()]

    def loss(shift):
        with torch.no_grad():
            torch._foreach_add_(list(network.parameters()), direction, alpha=shift)
        found = nets.mean_square(learner.adapt(user.support), user.query).item()
        with torch.no_grad():
            torch._foreach_add_(list(network.parameters()), direction, alpha=-shift)
        return found

    slope = sum((one * other).sum().item() for one, other in zip(gradient, direction, strict=True))
    assert slope == pytest.approx((loss(h) - loss(-h)) / (2 * h), rel=1e-5)


def test_second_order_is_not_first_order(nets):
    user = nets.episode(4)
    second = MAMLLearner(nets.Network(), SGD, steps=2).outer_gradient([user])
    first = FOMAMLLearner(nets.Network(), SGD, steps=2).outer_gradient([user])
    assert not torch.allclose(second[0], first[0], rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("bn_mode", BN_MODES)
@pytest.mark.parametrize("name", LEARNERS)
def test_theta_is_bit_identical_after_users_in_any_order(nets, name, bn_mode):
    make = LEARNERS[name]
    learner = make(nets.Network(), inner=InnerLoop(STEEP, rule=make.keywords["inner"].rule, bn_mode=bn_mode))
    learner.module.train()
    before = nets.state(learner.module)
    users = [nets.episode(seed) for seed in range(4)]

    def scores(order):
        with torch.inference_mode():  # as Lightning validates
            return {number: learner.personal_scores(users[number]).tolist() for number in order}

    assert scores([0, 1, 2, 3]) == scores([3, 1, 0, 2])
    if bn_mode != "accumulate":
        there, back = learner.outer_gradient(users), learner.outer_gradient(users[::-1])
        for one, two in zip(there, back, strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=1e-12)
    assert nets.same(nets.state(learner.module), before)
    assert all(module.training for module in learner.module.modules())
    with torch.no_grad():  # the same numbers as a copy of one's own, learn2learn's way
        copied = learner.adapt(users[0].support)
        assert torch.equal(copied(users[0].query.inputs), torch.tensor(scores([0])[0], dtype=torch.float64))


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("name", LEARNERS)
def test_a_user_who_is_interrupted_leaves_theta_as_it_was(nets, name, error):
    learner = LEARNERS[name](nets.Network())
    before, calls = nets.state(learner.module), []

    def fail(prediction, score):
        calls.append(1)
        if len(calls) > 1 or name == "plain":
            raise error
        return (prediction - score).square().mean()

    broken = type(learner)(learner.module, inner=InnerLoop(STEEP, rule=learner.inner.rule, loss=fail))
    with pytest.raises(error):
        broken.outer_gradient([nets.episode(1)])
    assert nets.same(nets.state(learner.module), before)


def test_sequential_ema_moves_theta_after_every_user(nets):
    users = [nets.episode(seed) for seed in (1, 2, 3)]
    moved = copy.deepcopy(nets.Network())
    for user in users:
        gradient = WRITTEN_OUT["blg"](nets)(moved, user)
        with torch.no_grad():
            for parameter, value in zip(moved.parameters(), gradient, strict=True):
                parameter -= value / 3
    learner = BilevelLearner(nets.Network(), TALK, reduce="sequential_ema")
    gradient = learner.outer_gradient(users)
    for start, value, end in zip(learner.module.parameters(), gradient, moved.parameters(), strict=True):
        torch.testing.assert_close(start.detach() - value, end.detach(), rtol=0, atol=1e-10)
    mean = BilevelLearner(nets.Network(), TALK, reduce="mean").outer_gradient(users)
    assert not torch.allclose(gradient[0], mean[0], rtol=1e-3)


def test_when_moments_are_forgotten(nets):
    users = [nets.episode(1), nets.episode(2)]
    found = {}
    for reset in ("level", "task", "never"):
        found[reset] = BilevelLearner(nets.Network(), TALK, steps=2, reset_state=reset).outer_gradient(users)
        # torch's Adam with its state taken away, or not
        network, total = nets.Network().eval(), 0
        groups = [
            {"params": network.backbone.parameters(), "lr": 1e-3},
            {"params": network.head.parameters(), "lr": 1e-2},
        ]
        corrected = InnerLoop(RATES)
        optimizer = torch.optim.Adam(groups)
        theta = nets.state(network)
        for user in users:
            network.load_state_dict(theta)
            if reset != "never":
                optimizer.state.clear()
            for level in (user.support, user.query):
                if reset == "level":
                    optimizer.state.clear()
                for _ in range(2):
                    optimizer.zero_grad()
                    nets.mean_square(network, level).backward()
                    optimizer.step()
            total = total + theta["head.0.weight"] - network.head[0].weight.detach()
        learner = BilevelLearner(nets.Network(), corrected, steps=2, reset_state=reset)
        own = dict(zip([n for n, _ in network.named_parameters()], learner.outer_gradient(users), strict=True))
        torch.testing.assert_close(own["head.0.weight"], total, rtol=0, atol=1e-10)
    assert not torch.allclose(found["level"][0], found["task"][0], rtol=1e-3)
    assert not torch.allclose(found["task"][0], found["never"][0], rtol=1e-3)


def test_accumulated_statistics_run_on_from_user_to_user_and_only_then(nets):
    expected = nets.Network().eval()
    norm = expected.backbone.layers[1].train()
    theta = nets.state(expected)
    for seed in (1, 2):
        user = nets.episode(seed)
        expected.load_state_dict(
            {n: v if "running" in n or "batches" in n else theta[n] for n, v in nets.state(expected).items()}
        )
        adam(nets, expected, user.support)
        adam(nets, expected, user.query)
    learner = BilevelLearner(nets.Network(), InnerLoop(RATES, betas=BETAS, bias_correction=False, bn_mode="accumulate"))
    learner.outer_gradient([nets.episode(1), nets.episode(2)])
    torch.testing.assert_close(learner.module.backbone.layers[1].running_mean, norm.running_mean, rtol=0, atol=1e-10)
    assert learner.module.backbone.layers[1].num_batches_tracked == 20
    before = nets.state(learner.module)
    learner.personal_scores(nets.episode(3))
    assert nets.same(nets.state(learner.module), before)


def test_the_state_that_outlives_a_user_can_be_kept_and_taken_up(nets):
    users = [nets.episode(1), nets.episode(2)]
    whole = BilevelLearner(nets.Network(), TALK, reset_state="never")
    whole.outer_gradient(users[:1])
    kept = copy.deepcopy(whole.state())
    resumed = BilevelLearner(nets.Network(), TALK, reset_state="never")
    resumed.load_state(kept)
    for one, two in zip(whole.outer_gradient(users[1:]), resumed.outer_gradient(users[1:]), strict=True):
        assert torch.equal(one, two)


def test_the_schedule_multiplies_the_inner_rates_of_meta_training_alone(nets):
    user = nets.episode(1)
    fast = BilevelLearner(nets.Network(), InnerLoop({"backbone": 5e-4, "head": 5e-3}))
    slow = BilevelLearner(nets.Network(), InnerLoop(RATES))
    whole = slow.personal_scores(user)
    slow.factor = 0.5
    for one, two in zip(fast.outer_gradient([user]), slow.outer_gradient([user]), strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-14)
    assert torch.equal(slow.personal_scores(user), whole)


def test_meta_sgd_moves_new_users_with_its_rates(nets):
    learner = MetaSGDLearner(nets.Network(), SGD, steps=2)
    user = nets.episode(1)
    expected = nets.Network().eval()
    nets.slow_sgd(expected, user.support, 2, STEEP)
    with torch.no_grad():
        torch.testing.assert_close(learner.personal_scores(user), expected(user.query.inputs), rtol=0, atol=1e-10)
        for rate in learner.module.inner_rates.values:
            rate.zero_()
        assert torch.equal(learner.personal_scores(user), learner.module.eval()(user.query.inputs))
    names = [name for name, _ in learner.module.named_parameters()]
    assert sum(name.startswith("inner_rates") for name in names) == len(names) / 2
    again = MetaSGDLearner(nets.Network(), SGD)  # shaped the same, so that it can take up a saved prior
    again.module.load_state_dict(learner.module.state_dict())
    assert MetaSGDLearner(learner.module, SGD).module is learner.module


def test_constant_ratings_are_learnt_from_like_others(nets):
    user = nets.episode(1)
    flat = type(user)(
        *(type(part)(part.inputs, torch.full_like(part.scores, 0.5)) for part in (user.support, user.query))
    )
    for make in LEARNERS.values():
        assert all(value.isfinite().all() for value in make(nets.Network()).outer_gradient([flat]))


def test_settings_that_make_no_sense_are_refused(nets):
    with pytest.raises(UserError, match="steps=0: the inner loop needs at least one step"):
        BilevelLearner(nets.Network(), TALK, steps=0)
    with pytest.raises(UserError, match=r"reduce=max: .*; take one of sum, mean, sequential_ema"):
        BilevelLearner(nets.Network(), TALK, reduce="max")
    with pytest.raises(UserError, match=r"reduce=sequential_ema: .* take one of sum, mean\."):
        MAMLLearner(nets.Network(), SGD, reduce="sequential_ema")
    with pytest.raises(UserError, match="reset_state=always: there is no such choice; take one of level, task, never"):
        BilevelLearner(nets.Network(), TALK, reset_state="always")
    with pytest.raises(UserError, match=r"inner\.rule=adam: .* infinite slope at zero; take learner\.inner\.rule=sgd"):
        MAMLLearner(nets.Network(), TALK)


def test_what_cannot_be_spread_says_why(nets):
    network = nets.Network()
    assert BilevelLearner(network, TALK).why_not_spread() == ""
    assert "sequential_ema" in BilevelLearner(network, TALK, reduce="sequential_ema").why_not_spread()
    assert "Adam's moments" in FOMAMLLearner(network, TALK, reset_state="never").why_not_spread()
    assert "statistics" in MAMLLearner(network, InnerLoop(STEEP, rule="sgd", bn_mode="accumulate")).why_not_spread()
