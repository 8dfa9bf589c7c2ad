from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import margin_ranking_loss

from piaa_lightning.losses.ranking import pair_ranking_loss, ranking_loss


def test_by_hand():
    # leads .3, .1, -.2 under a margin of .2 cost 0, .1, .4
    loss = pair_ranking_loss(torch.tensor([0.8, 0.5, 0.1]), torch.tensor([0.5, 0.4, 0.3]), margin=0.2)
    assert loss.item() == pytest.approx(0.5 / 3)


def test_equals_torchs_own():
    better, worse = torch.rand(2, 50, generator=torch.Generator().manual_seed(0))
    expected = margin_ranking_loss(better, worse, torch.ones(50), margin=0.1)
    assert pair_ranking_loss(better, worse, margin=0.1).item() == pytest.approx(expected.item(), rel=1e-6)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3)), max_size=9), st.sampled_from([0.0, 0.1, 1.0]))
def test_all_pairs_equal_a_loop(rows, margin):
    prediction = torch.tensor([p / 8 for p, _ in rows], dtype=torch.float64)
    target = torch.tensor([t / 3 for _, t in rows], dtype=torch.float64)
    costs = [
        max(0.0, margin - (prediction[i] - prediction[j]).item())
        for i in range(len(rows))
        for j in range(len(rows))
        if target[i] > target[j]
    ]
    expected = sum(costs) / len(costs) if costs else 0.0
    assert ranking_loss(prediction, target, margin).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("target", [[0.5, 0.5, 0.5], [0.5], []])
def test_without_an_order_loss_and_gradient_are_zero(target):
    prediction = torch.rand(len(target), requires_grad=True)
    loss = ranking_loss(prediction, torch.tensor(target), margin=0.1)
    loss.backward()
    assert loss.item() == 0
    assert (prediction.grad == 0).all()


def test_no_pairs_are_zero_too():
    better, worse = torch.rand(2, 0, requires_grad=True)
    assert pair_ranking_loss(better, worse, margin=0.1).item() == 0


def test_a_step_turns_a_wrong_order_round():
    prediction = torch.tensor([0.6, 0.4], requires_grad=True)
    ranking_loss(prediction, torch.tensor([0.2, 0.9]), margin=0.1).backward()
    assert prediction.grad.tolist() == [1.0, -1.0]


def test_wrong_use_is_refused():
    with pytest.raises(ValueError, match="margin must be at least 0"):
        ranking_loss(torch.rand(2), torch.rand(2), margin=-0.1)
    with pytest.raises(ValueError, match="margin must be at least 0"):
        pair_ranking_loss(torch.rand(2), torch.rand(2), margin=-0.1)
    with pytest.raises(ValueError, match=r"must be \(batch,\)"):
        ranking_loss(torch.rand(2, 1), torch.rand(2, 1), margin=0.1)
