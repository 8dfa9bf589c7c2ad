import pytest
import torch
from torch import nn

from piaa_lightning.errors import ArgumentError
from piaa_lightning.tasks.optimizers import torch_optimizer


def stepped(make):
    torch.manual_seed(0)
    layer = nn.Linear(3, 1)
    optimizer = make(layer.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        layer(torch.ones(2, 3)).square().sum().backward()
        optimizer.step()
    return layer.weight


@pytest.mark.parametrize(
    ("name", "momentum", "own"),
    [
        ("Adam", 0.0, lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1)),
        ("AdamW", 0.0, lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
        ("SGD", 0.9, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1)),
    ],
)
def test_it_is_torchs_own(name, momentum, own):
    made = stepped(lambda p: torch_optimizer(p, name, 0.01, 0.1, momentum))
    assert torch.equal(made, stepped(own))


def test_groups_keep_their_rates():
    first, second = nn.Linear(1, 1), nn.Linear(1, 1)
    groups = [{"params": first.parameters(), "lr": 1e-4}, {"params": second.parameters(), "lr": 1e-3}]
    assert [group["lr"] for group in torch_optimizer(groups, "Adam", 1.0).param_groups] == [1e-4, 1e-3]


def test_what_is_not_there_is_a_sentence():
    with pytest.raises(ArgumentError, match="Adagrad"):
        torch_optimizer(nn.Linear(1, 1).parameters(), "Adagrad", 0.1)
    with pytest.raises(ArgumentError, match="Adam has moments of its own"):
        torch_optimizer(nn.Linear(1, 1).parameters(), "Adam", 0.1, momentum=0.9)
