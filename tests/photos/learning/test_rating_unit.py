from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.photos.learning.rating_unit import RatingUnit


def test_the_spread_is_that_of_people_until_the_user_has_said_more():
    assert RatingUnit.of(torch.empty(0)).spread == RatingUnit.of(torch.tensor([1.0])).spread == pytest.approx(0.28)
    narrow = torch.tensor([0.5, 0.55] * 500)
    assert RatingUnit.of(narrow).spread == pytest.approx(0.025, rel=0.4)
    assert RatingUnit.of(narrow[:4]).spread > 0.2


def test_it_is_the_formula():
    y = np.array([0.0, 0.25, 0.25, 1.0])
    expected = np.sqrt((5 * 0.28**2 + ((y - y.mean()) ** 2).sum()) / (5 + 4 - 1))
    unit = RatingUnit.of(torch.from_numpy(y))
    assert unit.spread == pytest.approx(expected)
    assert unit.into(torch.tensor([0.5, 1.0])).tolist() == pytest.approx([0.0, 0.5 / expected])
    assert unit.back(unit.into(torch.from_numpy(y))).numpy() == pytest.approx(y)
