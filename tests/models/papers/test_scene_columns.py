from __future__ import annotations

import torch
from torch.nn.functional import linear

from piaa_lightning.models.head import ScoreHead
from piaa_lightning.models.papers.scene_columns import SceneColumns

FEATURES = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))


def network() -> SceneColumns:
    torch.manual_seed(0)
    return SceneColumns(None, ScoreHead, 4, scenes=3, width=2)


def block(column: int) -> slice:
    return slice(2 * column, 2 * column + 2)


def test_each_columns_own_score_is_a_linear_score_of_its_own_block():
    net = network()
    scores, own = net.both(FEATURES)
    assert torch.equal(scores, net(FEATURES))
    for column in range(3):
        seen = linear(FEATURES, net.columns.weight[block(column)], net.columns.bias[block(column)]).relu()
        expected = (seen @ net.own.weight[column, :, 0] + net.own.bias[column]).sigmoid()
        assert torch.allclose(own[:, column], expected, atol=1e-6)
        assert torch.allclose(net.embed(FEATURES)[:, block(column)], seen)


def test_a_columns_own_score_teaches_it_alone_and_the_joint_score_all():
    net = network()
    net.both(FEATURES)[1][:, 1].sum().backward()
    moved = net.columns.weight.grad.abs().sum(dim=1) > 0
    assert moved[block(1)].any()
    assert not moved[block(0)].any()
    assert not moved[block(2)].any()
    net.zero_grad()
    net(FEATURES).sum().backward()
    assert all((net.columns.weight.grad[block(column)] != 0).any() for column in range(3))
