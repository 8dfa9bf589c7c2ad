from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from piaa_lightning.losses.binary import binary_loss
from piaa_lightning.metrics.accuracy import accuracy


def test_by_hand():
    # .5 is not above the middle
    loss = binary_loss(torch.tensor([0.9, 0.9, 0.2]), torch.tensor([0.8, 0.3, 0.5]))
    assert loss.item() == pytest.approx(-(math.log(0.9) + math.log(0.1) + math.log(0.8)) / 3, rel=1e-6)


def test_equals_scikit_learn():
    random = np.random.default_rng(0)
    probability, score = random.random(60), random.random(60)
    loss = binary_loss(torch.from_numpy(probability), torch.from_numpy(score), middle=0.4)
    assert loss.item() == pytest.approx(log_loss(score > 0.4, probability), rel=1e-5)


def test_a_mean_of_exactly_five_on_ava_is_not_above_five():
    score = torch.tensor([4 / 9])
    assert score.double().item() > 4 / 9  # as single precision stores it
    assert binary_loss(torch.zeros(1), score, middle=4 / 9).item() == 0
    assert binary_loss(torch.zeros(1), score, middle=0.4444444).item() == 0  # as a user writes it
    assert binary_loss(torch.zeros(1), score.double(), middle=4 / 9).item() == 0
    assert accuracy([0.0], score, threshold=4 / 9) == 1
    assert binary_loss(torch.ones(1), torch.tensor([4 / 9 + 1e-4]), middle=4 / 9).item() == 0


def test_sure_and_wrong_is_finite():
    probability = torch.tensor([0.0, 1.0], requires_grad=True)
    loss = binary_loss(probability, torch.tensor([1.0, 0.0]))
    loss.backward()
    assert loss.item() == 100
    assert torch.isfinite(probability.grad).all()


def test_works_under_autocast():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = binary_loss(torch.tensor([0.5], dtype=torch.bfloat16), torch.tensor([0.9]))
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(math.log(2))
