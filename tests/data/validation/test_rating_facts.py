from itertools import combinations

import numpy as np
import pytest

from piaa_lightning.data.ratings import Scale
from piaa_lightning.data.validation.rating_facts import Spread, constant_users, level_shares, rating_facts, tied_pairs

# u0 gives 1 1 1 5, u1 gives 3 3, u2 gives 2 4 and u3 one rating
ROWS = [(0, 0, 1), (0, 1, 1), (0, 2, 1), (0, 3, 5), (1, 0, 3), (1, 1, 3), (2, 0, 2), (2, 1, 4), (3, 0, 3)]


def test_counts_by_hand(make_table):
    facts = rating_facts(make_table(ROWS))
    assert (facts.images, facts.users, facts.ratings) == (4, 4, 9)
    assert facts.per_user == Spread(1, 2.0, 4)  # 4 2 2 1
    assert facts.per_image == Spread(1, 2.0, 4)  # 4 3 1 1
    assert facts.observed == (1, 5)
    assert facts.constant_users == 2


def test_ties_by_hand(make_table):
    # pairs: u0 six, three of them tied; u1 one, tied; u2 one, not tied; u3 none
    assert tied_pairs(make_table(ROWS)) == pytest.approx(4 / 8)


def test_ties_are_what_a_slow_loop_counts(make_table):
    rng = np.random.default_rng(0)
    rows = [(user, image, rng.integers(1, 6)) for user in range(5) for image in range(4) if rng.random() < 0.8]
    table = make_table(rows)
    pairs = [(a[2], b[2]) for a, b in combinations(rows, 2) if a[0] == b[0]]
    assert tied_pairs(table) == pytest.approx(np.mean([a == b for a, b in pairs]))


def test_nobody_with_two_ratings_has_no_ties(make_table):
    assert tied_pairs(make_table([(0, 0, 1), (1, 0, 1)])) is None


def test_constant_users_are_named(make_table):
    assert constant_users(make_table(ROWS)).tolist() == [1, 3]


def test_level_shares_by_hand(make_table):
    shares = level_shares(make_table(ROWS))
    assert shares == pytest.approx({"1": 3 / 9, "2": 1 / 9, "3": 3 / 9, "4": 1 / 9, "5": 1 / 9})
    assert list(shares) == ["1", "2", "3", "4", "5"]


def test_half_levels_keep_their_names(make_table):
    assert list(level_shares(make_table([(0, 0, 1.5), (0, 1, 3), (0, 2, 4.5)]))) == ["1.5", "3", "4.5"]


def test_a_fine_scale_is_shown_in_ten_bins(make_table):
    files = [f"{n}.jpg" for n in range(101)]
    shares = level_shares(make_table([(0, n, n) for n in range(101)], files, scale=Scale(0, 100)))
    assert next(iter(shares)) == "0-10"
    assert list(shares.values()) == pytest.approx([10 / 101] * 9 + [11 / 101])  # the last bin holds 100 as well


def test_without_ratings_the_votes_are_shown(make_table):
    votes = np.float32([[1, 0, 0, 0, 0], [0, 0, 0, 0.5, 0.5]])
    table = make_table([], ["a.jpg", "b.jpg"], distribution=votes, image_lists={"test": np.array([1])})
    facts = rating_facts(table)
    assert facts.levels == pytest.approx({"1": 0.5, "2": 0, "3": 0, "4": 0.25, "5": 0.25})
    assert facts.per_user is facts.per_image is facts.tied_pairs is facts.observed is None
    assert facts.also == {"images with a distribution of votes": 2}
    assert facts.lists == {"test": 1}


def test_blank_traits_do_not_count(make_table):
    table = make_table(ROWS, traits=np.float32([[1], [np.nan], [0], [1]]), trait_names=("O",))
    assert rating_facts(table).also == {"users with some of 1 traits": 3}
