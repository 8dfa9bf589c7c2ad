"""Small networks in float64 for exact comparisons, and descents written out without the program's code."""

from __future__ import annotations

import torch
from torch import nn

from piaa_lightning.data.batches import Episode, Examples


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())

    def forward(self, x):
        return self.layers(x)


class Network(nn.Module):
    """Convolution, batch norm with statistics of its own, dropout, a head."""

    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.backbone = Body()
        self.head = nn.Sequential(nn.Linear(4 * 16, 5), nn.PReLU(), nn.Dropout(0.5), nn.Linear(5, 1))
        with torch.no_grad():
            self.backbone.layers[1].running_mean.uniform_(-1, 1)
            self.backbone.layers[1].running_var.uniform_(0.5, 2)
        self.double()

    def forward(self, x):
        return self.head(self.backbone(x)).squeeze(1).sigmoid()


class Score(nn.Sequential):
    def forward(self, x):
        return super().forward(x).squeeze(1).sigmoid()


class Parted(Network):
    """The same, which says where it can be parted."""

    def __init__(self, seed=0):
        super().__init__(seed)
        self.head = Score(*self.head)

    def embed(self, x):
        return self.backbone(x)

    def forward(self, x):
        return self.head(self.embed(x))


def episode(seed, support=6, query=4):
    generator = torch.Generator().manual_seed(seed)

    def examples(n):
        return Examples(
            torch.randn(n, 3, 4, 4, generator=generator, dtype=torch.float64),
            torch.rand(n, generator=generator, dtype=torch.float64),
        )

    return Episode(examples(support), examples(query))


def state(network):
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def same(one, other):
    return list(one) == list(other) and all(torch.equal(one[name], other[name]) for name in one)


def mean_square(network, examples):
    return ((network(examples.inputs) - examples.scores) ** 2).sum() / len(examples.scores)


def slow_adam(network, examples, steps, rates, betas, eps, correct, moving=None):
    """Adam(L, theta) with plain loops over one tensor after another: no foreach, no groups, moments of its own."""
    moments = {}
    for step in range(1, steps + 1):
        network.zero_grad()
        mean_square(network, examples).backward()
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if moving and name not in moving:
                    continue
                m, v = moments.get(name, (torch.zeros_like(parameter), torch.zeros_like(parameter)))
                m = betas[0] * m + (1 - betas[0]) * parameter.grad
                v = betas[1] * v + (1 - betas[1]) * parameter.grad**2
                moments[name] = m, v
                scales = (1 - betas[0] ** step, 1 - betas[1] ** step) if correct else (1, 1)
                parameter -= rates[name.split(".")[0]] * (m / scales[0]) / ((v / scales[1]).sqrt() + eps)


def slow_sgd(network, examples, steps, rates, moving=None):
    """Gradient steps with plain loops."""
    for _ in range(steps):
        network.zero_grad()
        mean_square(network, examples).backward()
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if not moving or name in moving:
                    parameter -= rates[name.split(".")[0]] * parameter.grad
