"""Small networks in float64 for exact comparisons."""

from __future__ import annotations

import torch
from torch import nn

from piaa_lightning.examples import Episode, Examples


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


def episode(seed, support=6, query=4):
    generator = torch.Generator().manual_seed(seed)

    def examples(n):
        return Examples(
            torch.randn(n, 3, 4, 4, generator=generator, dtype=torch.float64),
            torch.rand(n, generator=generator, dtype=torch.float64),
        )

    return Episode(examples(support), examples(query))
