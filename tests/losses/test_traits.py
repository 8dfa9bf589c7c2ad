from __future__ import annotations

import pytest
import torch

from piaa_lightning.losses.traits import trait_loss


def test_equals_the_talks_triple_sum():
    users, images, traits = 3, 4, 5
    random = torch.Generator().manual_seed(0)
    prediction = torch.rand(users, images, traits, generator=random, dtype=torch.float64) * 2 - 1
    own = torch.rand(users, traits, generator=random, dtype=torch.float64) * 2 - 1
    total = 0.0
    for u in range(users):
        for m in range(images):
            for i in range(traits):
                total += (prediction[u, m, i].item() - own[u, i].item()) ** 2
    rows = own[:, None].expand(users, images, traits).flatten(0, 1)
    assert trait_loss(prediction.flatten(0, 1), rows).item() == pytest.approx(total / 5 / users / images, rel=1e-12)


def test_an_unknown_trait_has_no_say():
    prediction = torch.tensor([[0.5, 0.9], [0.0, -1.0]], requires_grad=True)
    loss = trait_loss(prediction, torch.tensor([[1.0, float("nan")], [0.0, 1.0]]))
    assert loss.item() == pytest.approx((0.25 + 0 + 4) / 3)
    loss.backward()
    assert prediction.grad.flatten().tolist() == pytest.approx([2 * -0.5 / 3, 0.0, 0.0, 2 * -2 / 3])


def test_nothing_known_is_zero():
    prediction = torch.rand(2, 5, requires_grad=True)
    loss = trait_loss(prediction, torch.full((2, 5), float("nan")))
    loss.backward()
    assert loss.item() == 0
    assert (prediction.grad == 0).all()
