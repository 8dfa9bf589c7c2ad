from __future__ import annotations

import pytest
import torch

from piaa_lightning.losses.triplet import triplet_loss


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("margin", "gap"), [(0.2, 0.1), (0.0, 0.3), (1.0, 0.5)])
def test_equals_the_slow_sum_over_all_triplets(margin, gap):
    places, score = random(9, 3), random(9, seed=1)
    losses = []
    for a in range(9):
        for p in range(9):
            for n in range(9):
                near, far = abs(score[a] - score[p]), abs(score[a] - score[n])
                if a != p and near + gap <= far:
                    apart = [sum((places[a] - places[other]) ** 2) for other in (p, n)]
                    losses.append(max(0.0, (margin + apart[0] - apart[1]).item()))
    assert 0 < sum(value > 0 for value in losses) < len(losses) or margin == 1.0
    assert triplet_loss(places, score, margin, gap).item() == pytest.approx(sum(losses) / len(losses), rel=1e-9)


def test_it_is_zero_where_the_order_of_distances_holds_and_above_where_not():
    score = torch.tensor([0.1, 0.15, 0.9])
    ordered = torch.tensor([[0.0, 0.0], [0.1, 0.0], [3.0, 0.0]])
    assert triplet_loss(ordered, score).item() == 0
    assert triplet_loss(ordered[[0, 2, 1]], score).item() > 0


def test_descent_brings_the_order_about():
    places, score = random(12, 2).requires_grad_(), random(12, seed=1)
    optimiser = torch.optim.Adam([places], lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        triplet_loss(places, score).backward()
        optimiser.step()
    apart, differ = torch.cdist(places, places), (score[:, None] - score).abs()
    held = [
        apart[a, p] < apart[a, n]
        for a in range(12)
        for p in range(12)
        for n in range(12)
        if a != p and differ[a, p] + 0.1 <= differ[a, n]
    ]
    assert sum(held) / len(held) > 0.99


def test_no_triplet_is_zero_with_a_gradient():
    places = random(2, 3).requires_grad_()
    loss = triplet_loss(places, torch.tensor([0.2, 0.8]))
    loss.backward()
    assert loss.item() == 0
    assert (places.grad == 0).all()


@pytest.mark.parametrize(
    ("shape", "options"), [((4, 2), {}), ((3, 2), {"margin": -0.1}), ((3, 2), {"gap": 0}), ((3,), {})]
)
def test_what_makes_no_sense_stops(shape, options):
    with pytest.raises(ValueError, match=r"must be"):
        triplet_loss(torch.rand(*shape), torch.rand(3), **options)
