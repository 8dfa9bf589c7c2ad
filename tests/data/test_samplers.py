from __future__ import annotations

import pickle

import numpy as np
import pytest

from piaa_lightning.data.samplers import EpochSampler, share_of_batch
from piaa_lightning.errors import UserError


def order(sampler: EpochSampler, epoch: int) -> list[int]:
    sampler.set_epoch(epoch)
    visits = list(sampler)
    assert {visit.epoch for visit in visits} == {epoch}
    assert len(visits) == len(sampler)
    return [visit.item for visit in visits]


def batches(items: list[int], size: int) -> list[list[int]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


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


@pytest.mark.parametrize(("world", "visits"), [(2, None), (2, 130), (3, None), (4, 47)])
@pytest.mark.parametrize("epoch", [0, 3])
def test_processes_see_together_at_every_step_what_one_would_see(world, visits, epoch):
    whole = order(EpochSampler(50, 7, visits=visits), epoch)
    shares = [order(EpochSampler(50, 7, visits, number, world), epoch) for number in range(world)]
    batch = 4 * world
    steps = list(zip(*(batches(own, batch // world) for own in shares), strict=True))
    together = batches(whole[: len(whole) // world * world], batch)
    assert [sorted(item for own in step for item in own) for step in steps] == [sorted(step) for step in together]


def test_what_cannot_be_shared_waits_for_another_epoch():
    shares = [order(EpochSampler(11, 0, None, number, 3), 0) for number in range(3)]
    assert [len(own) for own in shares] == [3, 3, 3]
    assert len({item for own in shares for item in own}) == 9
    # not the same two each time
    seen = {
        item
        for epoch in range(20)
        for number in range(3)
        for item in order(EpochSampler(11, 0, None, number, 3), epoch)
    }
    assert seen == set(range(11))


@pytest.mark.parametrize("visits", [3, 10, 25, 30, 31])
def test_a_small_database_goes_round_its_items(visits):
    items = order(EpochSampler(10, 5, visits=visits), 2)
    rounds = batches(items, 10)
    assert len(items) == visits
    assert all(sorted(whole) == list(range(10)) for whole in rounds[: visits // 10])
    assert len({tuple(each) for each in rounds}) == len(rounds)
    counts = np.bincount(items, minlength=10)
    assert counts.max() - counts.min() <= 1


def test_the_first_round_is_the_order_without_rounds():
    assert order(EpochSampler(10, 5, visits=30), 2)[:10] == order(EpochSampler(10, 5), 2)


def test_no_items_are_no_visits():
    assert list(EpochSampler(0, 0)) == []


def test_a_batch_that_cannot_be_divided_is_a_sentence():
    assert [share_of_batch(12, world) for world in (1, 2, 3)] == [12, 6, 4]
    with pytest.raises(
        UserError, match=r"^task\.batch_size=5 cannot .* between 2 processes; choose a multiple of 2\.$"
    ):
        share_of_batch(5, 2)
