from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.simulation.assignment import deal, quotas


def test_quotas_add_up_within_their_bounds():
    count = quotas(np.random.default_rng(0), 37, 5138, 112, 179, 0.7)
    assert count.sum() == 5138
    assert count.min() >= 112
    assert count.max() <= 179
    assert len(np.unique(count)) > 10


def test_deal_keeps_both_counts_and_repeats_no_pair():
    user, image = deal(np.random.default_rng(0), np.array([25, 20, 15, 15, 10, 15]), np.full(25, 4))
    assert np.bincount(user).tolist() == [25, 20, 15, 15, 10, 15]
    assert np.bincount(image).tolist() == [4] * 25
    assert len(set(zip(user.tolist(), image.tolist(), strict=True))) == 100


def test_deal_refuses_counts_that_do_not_agree():
    with pytest.raises(ValueError, match="3 ratings by people, 2 of pictures"):
        deal(np.random.default_rng(0), np.array([3]), np.array([1, 1]))
