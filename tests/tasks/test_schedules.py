from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR

from piaa_lightning.tasks.schedules import compounding


def rates(make, epochs: int = 6) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(()))], lr=0.2)
    schedule = make(optimizer)
    found = []
    for _ in range(epochs):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("gamma", [0.5, 0.9, 1.0])
def test_the_slip_multiplies_the_current_rate_in_every_epoch(gamma):
    expected, rate = [], 0.2
    for epoch in range(6):
        rate *= gamma**epoch
        expected.append(rate)
    assert rates(lambda optimizer: compounding(optimizer, gamma)) == pytest.approx(expected, rel=1e-12)


def test_the_talks_schedule_does_not():
    talk = rates(lambda optimizer: ExponentialLR(optimizer, 0.5))
    deviation = rates(lambda optimizer: compounding(optimizer, 0.5))
    assert talk == pytest.approx([0.2 * 0.5**epoch for epoch in range(6)])
    assert deviation[:2] == talk[:2]
    assert all(low < high for low, high in zip(deviation[2:], talk[2:], strict=True))


def test_what_is_left_of_the_rate():
    # the numbers of the docstring
    assert rates(lambda optimizer: compounding(optimizer, 0.9), 11)[10] == pytest.approx(0.2 / 330, rel=0.01)
    assert rates(lambda optimizer: compounding(optimizer, 0.5), 5)[4] == 0.2 / 1024
