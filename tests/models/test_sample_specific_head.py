from __future__ import annotations

import pytest
import torch
from torch import nn

from piaa_lightning.models.sample_specific_head import SampleSpecificHead

FEATURES = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


def head(moved: bool) -> SampleSpecificHead:
    torch.manual_seed(0)
    head = SampleSpecificHead(4, hidden=3)
    if moved:
        nn.init.normal_(head.specific[-1].weight)
    return head


def test_weights_differ_between_samples_once_learnt_and_are_common_before():
    assert torch.equal(head(False).weights(FEATURES), head(False).common.weight.expand(5, 4))
    weights = head(True).weights(FEATURES)
    assert all((weights[one] != weights[other]).all() for one in range(5) for other in range(one))


def test_the_score_is_the_sigmoid_of_the_samples_own_inner_product():
    net = head(True)
    weights = net.weights(FEATURES).tolist()
    for row, score in enumerate(net(FEATURES).tolist()):
        value = sum(w * x for w, x in zip(weights[row], FEATURES[row].tolist(), strict=True))
        expected = torch.tensor(value + net.common.bias.item()).sigmoid().item()
        assert score == pytest.approx(expected, abs=1e-6)


def test_what_a_sample_asks_for_is_learnt_from_the_first_step():
    net = head(False)
    net(FEATURES).sum().backward()
    assert (net.specific[-1].weight.grad != 0).any()
