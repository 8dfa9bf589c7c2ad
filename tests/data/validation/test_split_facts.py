import numpy as np
import pytest

from piaa_lightning.data.splits import Split
from piaa_lightning.data.validation.split_facts import Part, leaks, split_facts


@pytest.fixture
def split():
    """u0, u1 train on a, b; u2 is evaluated on c, d; nobody validates."""
    none = np.zeros(0, dtype=np.int64)
    pair = np.arange(2)
    return Split("by hand", pair, none, pair[:1] + 2, pair, none, pair + 2)


def test_parts_by_hand(make_table, split):
    # u0 is constant inside the training part only: its 5 is on a test image
    rows = [(0, 0, 1), (0, 1, 1), (0, 2, 5), (1, 0, 2), (1, 1, 3), (2, 2, 4), (2, 3, 5), (2, 0, 1)]
    table = make_table(rows)
    facts = split_facts(table, split)
    assert facts.parts == {"train": Part(2, 2, 4, 1), "val": Part(0, 0, 0, 0), "test": Part(1, 2, 2, 0)}
    assert (facts.description, facts.hash, facts.leaks) == ("by hand", split.hash(table), [])


def test_an_image_in_two_parts_is_a_leak_and_within_one_is_none(split):
    assert leaks(split, [[0, 1], [2, 3]]) == []
    assert leaks(split, [[0, 1, 3], [1, 2]]) == [(0, 3), (1, 2)]


def test_the_same_pair_by_bytes_and_by_name_counts_once(split):
    assert leaks(split, [[0, 2], [0, 2]]) == [(0, 2)]


def test_images_in_no_part_leak_nothing(split):
    assert leaks(split, [[0, 99]]) == []
