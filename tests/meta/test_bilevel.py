import copy
import importlib.util
from pathlib import Path

import pytest
import torch

from piaa_lightning.errors import UserError
from piaa_lightning.meta.bilevel import BilevelLearner
from piaa_lightning.meta.clone import clone_for_user
from piaa_lightning.meta.inner_loop import InnerLoop

spec = importlib.util.spec_from_file_location("networks", Path(__file__).with_name("networks.py"))
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)
Network, episode = networks.Network, networks.episode

TALK = InnerLoop(rates={"backbone": 1e-3, "head": 1e-2}, betas=(0.9, 0.9), eps=1e-8, bias_correction=False)


def slow_adam(network, examples, steps, rates, mu, eps):
    """The talk's Adam(L, theta) with plain loops over deep copies: no learn2learn, no foreach, no groups."""
    first = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    second = {name: torch.zeros_like(p) for name, p in network.named_parameters()}
    for _ in range(steps):
        network.zero_grad()
        ((network(examples.inputs) - examples.scores) ** 2).sum().div(len(examples.scores)).backward()
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                g = parameter.grad
                first[name] = mu * first[name] + (1 - mu) * g
                second[name] = mu * second[name] + (1 - mu) * g * g
                alpha = rates[1] if name.startswith("head") else rates[0]
                parameter -= alpha * first[name] / (second[name].sqrt() + eps)


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_one_outer_update_equals_the_talks_algorithm_written_out(reduce):
    network, steps, beta = Network(), 5, 0.25
    episodes = [episode(seed) for seed in (1, 2, 3)]
    expected = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    moved = {name: torch.zeros_like(value) for name, value in expected.items()}
    for user in episodes:
        own = copy.deepcopy(network).eval()
        slow_adam(own, user.support, steps, (1e-3, 1e-2), 0.9, 1e-8)
        slow_adam(own, user.query, steps, (1e-3, 1e-2), 0.9, 1e-8)
        for name, parameter in own.named_parameters():
            moved[name] += expected[name] - parameter.detach()
    scale = beta if reduce == "sum" else beta / len(episodes)

    learner = BilevelLearner(network, TALK, steps=steps, reduce=reduce)
    optimizer = torch.optim.SGD(network.parameters(), lr=beta)
    for parameter, gradient in zip(network.parameters(), learner.outer_gradient(episodes), strict=True):
        parameter.grad = gradient
    optimizer.step()

    for name, parameter in network.named_parameters():
        torch.testing.assert_close(parameter.detach(), expected[name] - scale * moved[name], rtol=0, atol=1e-10)
        assert (parameter.detach() - expected[name]).abs().max() > 1e-5, f"{name} did not move"


def test_the_order_of_users_does_not_matter_and_theta_is_not_touched():
    network = Network().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    learner = BilevelLearner(network, TALK)
    there = learner.outer_gradient([episode(1), episode(2)])
    back = learner.outer_gradient([episode(2), episode(1)])
    for one, two in zip(there, back, strict=True):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), f"{name} was changed by adapting to users"


def test_a_users_copy_shares_neither_parameters_nor_batch_norm_statistics():
    network = Network()
    copied = clone_for_user(network).train()
    with torch.no_grad():
        copied(episode(3).support.inputs)  # training mode: batch norm writes its statistics
        for parameter in copied.parameters():
            parameter.add_(1)
    fresh = Network()
    for name, value in network.state_dict().items():
        assert torch.equal(value, fresh.state_dict()[name]), f"{name} leaked into the prior"
    own = dict(copied.named_buffers())["backbone.layers.1.num_batches_tracked"]
    assert own == 1


def test_adapting_works_under_inference_mode():
    learner = BilevelLearner(Network(), TALK)
    support = episode(4).support
    outside = list(learner.adapt(support).parameters())
    with torch.inference_mode():
        inside = list(learner.adapt(episode(4).support).parameters())
    for one, two in zip(outside, inside, strict=True):
        assert torch.equal(one, two)


def test_dropout_is_off_unless_asked_for():
    support = episode(5, support=30).support
    off = BilevelLearner(Network(), TALK)
    on = BilevelLearner(Network(), InnerLoop(dropout=True))
    torch.manual_seed(0)
    first, second = (list(off.adapt(support).parameters())[-2] for _ in range(2))
    assert torch.equal(first, second)
    third, fourth = (list(on.adapt(support).parameters())[-2] for _ in range(2))
    assert not torch.equal(third, fourth)


@pytest.mark.parametrize(
    ("layers", "moving"), [("all", {"backbone", "head"}), ("head", {"head"}), ("norm", {"backbone"})]
)
def test_only_the_chosen_layers_move(layers, moving):
    network = Network()
    adapted = BilevelLearner(network, InnerLoop(layers=layers)).adapt(episode(6).support)
    changed = {
        name.split(".")[0]
        for (name, own), prior in zip(adapted.named_parameters(), network.parameters(), strict=True)
        if not torch.equal(own, prior)
    }
    assert changed == moving


def test_the_groups_partition_the_moving_parameters():
    network = Network()
    groups = InnerLoop()._groups(network)
    ids = [id(parameter) for parameters, _ in groups for parameter in parameters]
    assert len(ids) == len(set(ids))
    assert set(ids) == {id(parameter) for parameter in network.parameters()}


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(UserError, match="steps=0"):
        BilevelLearner(Network(), TALK, steps=0)
    with pytest.raises(UserError, match="reduce=max"):
        BilevelLearner(Network(), TALK, reduce="max")
    with pytest.raises(UserError, match="layers=top"):
        InnerLoop(layers="top")
