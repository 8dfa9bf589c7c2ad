from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from piaa_lightning.runtime.distributed import gather, merge, process_index, share, world_size


@given(st.lists(st.integers()), st.integers(1, 5))
def test_shares_come_back_in_order(items, world):
    shares = [share(items, number, world) for number in range(world)]
    assert merge(shares) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_single_process_does_everything():
    assert (process_index(), world_size()) == (0, 1)
    assert gather([3, 1, 2]) == [3, 1, 2]
    assert merge([]) == []
