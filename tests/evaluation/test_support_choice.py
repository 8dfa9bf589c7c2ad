from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from rating_tables import numbered, table_of

from piaa_lightning.data.ratings import RatingTable
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.protocol import Protocol, draws
from piaa_lightning.evaluation.support_choice import by_information

POOL = Protocol(repeats=3, min_query=5, seed=0, pool=0.5)


def users(*counts: int) -> RatingTable:
    random = np.random.default_rng(0)
    user = np.repeat(np.arange(len(counts)), counts)
    image = np.concatenate([random.permutation(200)[:count] for count in counts])
    return table_of(user, image, random.random(len(user)), numbered("u", len(counts), 1), numbered("p", 200))


def covariance(size=12, seed=0):
    rows = np.random.default_rng(seed).standard_normal((size, 4))
    return rows @ rows.T


def uncertainty(prior, noise, chosen):
    """Summed posterior variance of scores about their mean, written out."""
    chosen = list(chosen)
    seen = prior[np.ix_(chosen, chosen)] + noise * np.eye(len(chosen))
    left = prior - prior[:, chosen] @ np.linalg.solve(seen, prior[chosen])
    about = np.eye(len(prior)) - 1 / len(prior)
    return np.trace(about @ left @ about)


class TestByInformation:
    def test_each_next_image_is_the_best_of_all_that_are_left(self):
        prior, noise = covariance(), 0.5
        order = by_information(prior, noise, 6).tolist()
        for count in range(6):
            values = {n: uncertainty(prior, noise, [*order[:count], n]) for n in range(12) if n not in order[:count]}
            assert values[order[count]] == pytest.approx(min(values.values()))

    def test_two_that_are_chosen_are_nearly_the_best_two(self):
        prior = covariance()
        best = min(uncertainty(prior, 0.5, pair) for pair in combinations(range(12), 2))
        start = uncertainty(prior, 0.5, [0])
        assert uncertainty(prior, 0.5, by_information(prior, 0.5, 2)) <= best + 0.1 * abs(start - best)

    def test_a_level_alone_tells_nothing_about_order(self):
        prior = np.ones((5, 5)) * 100
        prior[3, 3] += 1.0  # one image varies by itself
        assert by_information(prior, 0.5, 1).tolist() == [3]

    @pytest.mark.parametrize("count", [3, 12, 50])
    def test_nothing_is_asked_twice(self, count):
        order = by_information(covariance(), 0.5, count)
        assert len(set(order.tolist())) == len(order) == min(count, 12)


class TestPools:
    def drawn(self, ask=None, shots=(5, 10), protocol=POOL):
        table = users(40, 60)
        return table, list(draws(table, np.arange(table.ratings), list(shots), protocol, ask))

    def test_the_query_is_the_same_for_all_shots_and_ways_of_choosing(self):
        _, random = self.drawn()
        _, last_first = self.drawn(lambda images, count: np.arange(len(images))[::-1][:count])
        queries = {}
        for draw in [*random, *last_first]:
            queries.setdefault((draw.user, draw.repeat), []).append(sorted(draw.query.tolist()))
        assert all(found.count(found[0]) == 4 for found in queries.values())
        assert {len(found[0]) for found in queries.values()} == {20, 30}
        assert {tuple(d.support) for d in random} != {tuple(d.support) for d in last_first}

    def test_supports_come_from_the_pool_in_the_order_that_was_chosen(self):
        table, drawn = self.drawn(lambda images, count: np.argsort(images)[:count])
        for draw in drawn:
            assert not set(draw.support) & set(draw.query)
            own = np.flatnonzero(table.user == draw.user)
            pool = np.setdiff1d(own, draw.query)
            assert table.image[draw.support].tolist() == sorted(table.image[pool].tolist())[: draw.shots]

    def test_a_pool_that_is_too_small_is_dropped_and_counted(self):
        _, drawn = self.drawn(shots=[25])
        assert {draw.user: draw.dropped for draw in drawn} == {0: "fewer than 25 ratings in the pool", 1: ""}

    def test_choosing_without_a_pool_is_a_sentence(self):
        with pytest.raises(UserError, match=r"set protocol\.test\.pool=0\.5"):
            self.drawn(lambda images, count: images, protocol=Protocol())

    @pytest.mark.parametrize("pool", [0.0, 1.0, -1])
    def test_a_pool_that_is_no_share(self, pool):
        with pytest.raises(UserError, match="give a share between 0 and 1"):
            Protocol(pool=pool)
