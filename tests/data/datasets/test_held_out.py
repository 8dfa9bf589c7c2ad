from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import HeldOutImages, HeldOutLikes, HeldOutUsers, held_out
from piaa_lightning.errors import UserError


class TestHeldOutUsers:
    @pytest.fixture
    def held_out_users(self, users, make_split, numbers):
        def make(*counts: int, seed: int = 0):
            table = users(5, *counts)  # somebody has to be left to learn from
            split = make_split(table, val_users=range(1, 1 + len(counts)), val_images=range(table.images))
            return table, HeldOutUsers(table, split, "val", numbers(table.images), seed)

        return make

    def test_ten_ratings_to_adapt_to_and_all_others_to_judge(self, held_out_users):
        table, data = held_out_users(35, 60)
        assert len(data) == 2
        for place, count in enumerate((35, 60)):
            support, query = (set(part.inputs.flatten().int().tolist()) for part in data[place][:2])
            assert (len(support), len(query)) == (10, count - 10)
            assert support | query == set(table.image[table.user == place + 1].tolist())
            assert data[place].user == place

    def test_the_draw_is_the_same_at_every_look_and_moves_with_the_seed(self, held_out_users):
        first, same, other = (held_out_users(60, seed=seed)[1] for seed in (0, 0, 1))
        assert torch.equal(first[0].support.inputs, first[0].support.inputs)
        assert torch.equal(first[0].support.inputs, same[0].support.inputs)
        assert not torch.equal(first[0].support.inputs, other[0].support.inputs)

    def test_several_draws_of_every_user_at_several_numbers_of_shots(self, users, make_split, numbers):
        table = users(5, 35, 120)
        split = make_split(table, val_users=[1, 2], val_images=range(table.images))
        data = HeldOutUsers(table, split, "val", numbers(table.images), 0, shots=[10, 100], draws=3)
        episodes = [data[place] for place in range(len(data))]
        found = [(len(one.support.scores), len(one.query.scores)) for one in episodes]
        # the first user has no ten ratings left after a hundred
        assert sorted(found) == sorted(3 * [(10, 25), (10, 110), (100, 20)])
        assert len({one.user for one in episodes}) == len(episodes), "each is measured by itself"
        ten, hundred = (
            {
                tuple(sorted(e.support.inputs.flatten().int().tolist()[:10]))
                for e in episodes
                if len(e.support.scores) == k
            }
            for k in (10, 100)
        )
        assert len(ten) == 6, "every draw is another"
        assert hundred <= ten, "the ten shots are the first of the hundred"

    def test_no_shots_are_no_item_and_by_themselves_a_sentence(self, users, make_split, numbers):
        table = users(5, 60)
        split = make_split(table, val_users=[1], val_images=range(table.images))
        data = HeldOutUsers(table, split, "val", numbers(table.images), 0, shots=[0, 10])
        assert [len(data[place].support.scores) for place in range(len(data))] == [10]
        with pytest.raises(UserError, match=r"validation\.shots=0: a learner is chosen by what ratings change"):
            HeldOutUsers(table, split, "val", numbers(table.images), 0, shots=0)

    def test_no_draw_is_refused(self, users, make_split, numbers):
        table = users(5, 60)
        split = make_split(table, val_users=[1], val_images=range(table.images))
        with pytest.raises(UserError, match=r"validation\.draws=0: give 1 draw"):
            HeldOutUsers(table, split, "val", numbers(table.images), 0, draws=0)

    def test_users_with_small_query_sets_are_left_out(self, held_out_users):
        assert len(held_out_users(19, 20)[1]) == 1

    def test_images_of_other_parts_are_not_served(self, users, make_split, numbers):
        table = users(60, 60)
        split = make_split(table, val_users=[1], val_images=range(0, 200, 2))
        (episode,) = [HeldOutUsers(table, split, "val", numbers(200), 0)[0]]
        served = torch.cat([episode.support.inputs, episode.query.inputs]).flatten().int()
        assert (served % 2 == 0).all()
        assert len(served) == sum(table.image[table.user == 1] % 2 == 0)


class TestHeldOutImages:
    VOTES = np.array([[1, 0], [0.5, 0.5], [np.nan, np.nan], [0.25, 0.75]], dtype=np.float32)
    SCORES = np.array([0, 0.5, 0.3, 0.75], dtype=np.float32)

    @pytest.fixture
    def table(self, make_table):
        return make_table([], 0, 4, distribution=self.VOTES, image_score=self.SCORES)

    def test_averages_alone(self, table, make_split, numbers):
        data = HeldOutImages(table, make_split(table, val_images=[1, 2]), "val", numbers(4))
        batch = data.__getitems__([1, 0])
        assert batch.images.tolist() == batch.inputs.flatten().tolist() == [2, 1]
        assert batch.scores.tolist() == pytest.approx([0.3, 0.5])
        assert batch.distribution.shape == (2, 0)

    def test_with_votes_images_without_any_are_left_out(self, table, make_split, numbers):
        data = HeldOutImages(table, make_split(table, test_images=[1, 2, 3]), "test", numbers(4), bins=2)
        assert data.images.tolist() == [1, 3]
        batch = data[1]
        assert batch.distribution.tolist() == [[0.25, 0.75]]
        assert batch.scores.tolist() == [0.75]

    def test_they_are_never_augmented(self, table, make_split, drawn):
        inputs = drawn(4)
        data = HeldOutImages(table, make_split(table, val_images=[0, 1]), "val", inputs)
        assert torch.equal(data.__getitems__([0, 1]).inputs, inputs.batch(np.array([0, 1])))


class TestHeldOutLikes:
    def test_they_are_the_likes_of_held_out_users_as_evaluation_sees_them(self, make_table, make_split, drawn):
        traits = np.array([[0.1], [0.2], [0.3]], dtype=np.float32)
        ratings = [(0, 0, 1), (1, 1, 1), (1, 2, 0.1), (2, 3, 1), (2, 1, 1)]
        table = make_table(ratings, 3, 4, traits=traits, trait_names=("mood",))
        split = make_split(table, val_users=[1, 2], val_images=[1, 2, 3])
        inputs = drawn(4)
        data = HeldOutLikes(table, split, "val", inputs, traits=["mood"], liked=0.5)
        batch = data.__getitems__([0, 2, 1])
        assert batch.users.tolist() == [1, 2, 2]
        assert batch.likes.tolist() == [0, 2, 1]
        assert batch.traits.flatten().tolist() == pytest.approx([0.2, 0.3, 0.3])
        assert torch.equal(batch.inputs, inputs.batch(np.array([1, 1, 3])))
        assert data[1].users.tolist() == [2]


def test_users_where_the_split_holds_out_users_and_images_elsewhere(users, make_split, numbers):
    table = users(40, 40)
    with_users = make_split(table, val_users=[1], val_images=range(100))
    without = make_split(table, val_images=range(100))
    assert isinstance(held_out(table, with_users, "val", numbers(200), 0, bins=5), HeldOutUsers)
    assert held_out(table, without, "val", numbers(200), 0, bins=5)[0].distribution.shape == (1, 5)
    assert held_out(table, without, "val", numbers(200), 0)[0].distribution.shape == (1, 0)
