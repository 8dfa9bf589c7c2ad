from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.simulation.crowds import Amount, even_steps, gather
from piaa_lightning.simulation.population import features

AMOUNT = Amount(users=12, images=60, ratings=500, least=30, variation=0.5, long_side=72)


@pytest.fixture(scope="module")
def crowd():
    return gather("somewhere", 0, AMOUNT, even_steps(101, 50, 20))


def test_everybody_and_every_image_gets_their_share_and_no_pair_is_there_twice(crowd):
    assert len(set(zip(crowd.user.tolist(), crowd.image.tolist(), strict=True))) == 500
    assert set(np.bincount(crowd.image)) == {8, 9}  # 500 / 60
    per_user = np.bincount(crowd.user)
    assert len(per_user) == 12
    assert 30 <= per_user.min() < per_user.max() <= 60


def test_however_dense():
    crowd = gather("somewhere", 0, Amount(5, 20, 100, 20, 0.5, 72), even_steps(3, 1, 1))
    assert len(set(zip(crowd.user.tolist(), crowd.image.tolist(), strict=True))) == 100


def test_a_rating_is_middle_plus_unit_times_liking(crowd):
    """Away from the ends of a fine scale; rounding and noise average out."""
    users, table = crowd.users, features(crowd.latents)
    taste = np.einsum("rf,rf->r", users.weights[crowd.user], table[crowd.image])
    expected = 50 + 20 * (users.bias[crowd.user] + users.spread[crowd.user] * taste)
    inside = (expected > 25) & (expected < 75)
    np.testing.assert_allclose(crowd.truth[inside], expected[inside], atol=0.5)
    error = crowd.level[inside] - expected[inside]
    noise = 20 * users.noise[crowd.user][inside]
    assert abs((error / noise).mean()) < 3 / np.sqrt(inside.sum())
    assert (error / noise).std() == pytest.approx(1, abs=0.15)


def test_the_same_again():
    first, second = (gather("somewhere", 3, AMOUNT, even_steps(5, 2, 1)) for _ in range(2))
    assert np.array_equal(first.level, second.level)
    other = gather("elsewhere", 3, AMOUNT, even_steps(5, 2, 1))
    assert not np.array_equal(first.level, other.level)


def test_steps_lie_half_way_between_levels():
    np.testing.assert_array_equal(even_steps(3, 1, 2), [-0.25, 0.25])
