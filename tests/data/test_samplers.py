from __future__ import annotations

import pickle

import pytest

from piaa_lightning.data.samplers import EpochSampler


def order(sampler: EpochSampler, epoch: int) -> list[int]:
    sampler.set_epoch(epoch)
    visits = list(sampler)
    assert {visit.epoch for visit in visits} == {epoch}
    return [visit.item for visit in visits]


def test_every_item_once_per_epoch_in_another_order_each_time():
    sampler = EpochSampler(50, seed=0)
    orders = [order(sampler, epoch) for epoch in range(4)]
    assert all(sorted(items) == list(range(50)) for items in orders)
    assert len({tuple(items) for items in orders}) == 4
    assert len(sampler) == 50


@pytest.mark.parametrize(("seed", "equal"), [(7, True), (8, False)])
def test_the_order_depends_on_seed_and_epoch_alone(seed, equal):
    uninterrupted = EpochSampler(50, seed=7)
    orders = [order(uninterrupted, epoch) for epoch in range(6)]
    resumed = pickle.loads(pickle.dumps(EpochSampler(50, seed)))
    assert (order(resumed, 5) == orders[5]) is equal


def test_iterating_twice_without_a_new_epoch_repeats_it():
    sampler = EpochSampler(9, seed=1)
    assert list(sampler) == list(sampler)
