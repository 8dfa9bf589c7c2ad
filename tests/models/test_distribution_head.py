from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from piaa_lightning.models.distribution_head import DistributionHead


def test_the_published_branch_layer_by_layer():
    layers = list(DistributionHead(1024, hidden=[2048, 1024], norm=True, dropout=0.5).layers)
    block = [nn.Linear, nn.BatchNorm1d, nn.PReLU, nn.Dropout]
    assert [type(layer) for layer in layers] == [*block, *block, nn.Linear]
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    assert [(each.in_features, each.out_features) for each in linear] == [(1024, 2048), (2048, 1024), (1024, 10)]


def test_nimas_layers():
    layers = list(DistributionHead(4, input_dropout=0.75).layers)
    assert [type(layer) for layer in layers] == [nn.Dropout, nn.Linear]
    assert layers[0].p == 0.75


@pytest.mark.parametrize("bins", [2, 5, 10])
def test_distribution_and_mean_against_numpy(bins):
    torch.manual_seed(0)
    head = DistributionHead(6, bins=bins)
    features = 5 * torch.randn(20, 6)
    weight, bias = (p.detach().double().numpy() for p in head.layers[0].parameters())
    votes = np.exp(features.double().numpy() @ weight.T + bias)
    votes /= votes.sum(axis=1, keepdims=True)
    assert head.distribution(features).detach().numpy() == pytest.approx(votes, abs=1e-6)
    # votes from 1 to bins, brought to [0, 1]
    means = ((votes * np.arange(1, bins + 1)).sum(axis=1) - 1) / (bins - 1)
    assert head(features).detach().numpy() == pytest.approx(means, abs=1e-6)


def test_all_votes_for_the_worst_and_the_best_level_are_the_ends():
    head = DistributionHead(1, bins=4)
    with torch.no_grad():
        head.layers[0].weight.zero_()
        for level, score in ((0, 0.0), (3, 1.0)):
            head.layers[0].bias.copy_(1000 * nn.functional.one_hot(torch.tensor(level), 4))
            assert head(torch.zeros(1, 1)).tolist() == [score]


def test_the_mean_keeps_its_precision_under_autocast():
    torch.manual_seed(0)
    votes = torch.rand(1000, 10).softmax(dim=1)
    head = DistributionHead(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        means = head.mean(votes)
    assert means.dtype == torch.float32
    assert len(means.unique()) > 900  # half precision would tie most of them


def test_levels_are_no_part_of_what_is_saved():
    assert all("levels" not in name for name in DistributionHead(3).state_dict())


def test_one_image_keeps_its_batch_dimension():
    assert DistributionHead(3, hidden=[2])(torch.randn(1, 3)).shape == (1,)
