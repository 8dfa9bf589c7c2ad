from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.evaluation.pam_choice import pam_choice


@pytest.fixture
def clouds():
    """Three clouds of 12, 6 and 3 images, among others that are not in the pool."""
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(3) * 10, [12, 6, 3], axis=0)
    features = np.concatenate([random.normal(size=(9, 3)), centres + random.normal(0, 0.5, centres.shape)])
    return features, 9 + random.permutation(21)


def cloud(image):
    return int(np.searchsorted([21, 27], image, side="right"))


def test_every_cloud_is_asked_about_before_any_twice_and_the_largest_first(clouds):
    features, pool = clouds
    chosen = pam_choice(features, pool, 3)
    assert [cloud(image) for image in chosen] == [0, 1, 2]
    assert set(chosen.tolist()) <= set(pool.tolist())


def test_without_redundancy_the_largest_cloud_is_all_there_is(clouds):
    features, pool = clouds
    assert {cloud(image) for image in pam_choice(features, pool, 5, redundancy=0)} == {0}


def test_each_step_is_the_best_one_in_a_slow_loop(clouds):
    features, pool = clouds
    gaps = np.array([[np.square(features[a] - features[b]).sum() for b in pool] for a in pool])
    alike = np.exp(-gaps / np.median(gaps[gaps > 0]))
    chosen = []
    for image in pam_choice(features, pool, 8):
        worth = {
            place: alike[place].mean() - max((alike[place, other] for other in chosen), default=0.0)
            for place in range(len(pool))
            if place not in chosen
        }
        best = max(worth, key=worth.__getitem__)
        assert image == pool[best]
        chosen.append(best)


def test_nothing_is_chosen_twice_and_a_small_pool_is_taken_whole(clouds):
    features, pool = clouds
    assert sorted(pam_choice(features, pool, 99).tolist()) == sorted(pool.tolist())
    assert pam_choice(features, pool, 0).tolist() == []
    alike = np.zeros((5, 2))
    assert pam_choice(alike, np.array([3, 1, 4]), 2).tolist() == [3, 1]


def test_the_order_of_the_pool_changes_nothing(clouds):
    features, pool = clouds
    assert pam_choice(features, pool[::-1], 6).tolist() == pam_choice(features, pool, 6).tolist()
