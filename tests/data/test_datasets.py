from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import AverageScores, HeldOutUsers, UserEpisodes
from piaa_lightning.data.inputs import Features, Inputs
from piaa_lightning.data.pictures import Pictures
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError


def table_of(ratings: Sequence[tuple[int, int, float]], users: int, images: int) -> RatingTable:
    user, image, score = zip(*ratings, strict=True)
    return RatingTable(
        database="tests",
        root=Path(),
        image_ids=np.array([f"p{number:03}" for number in range(images)]),
        image_files=np.array([f"p{number:03}.jpg" for number in range(images)]),
        user_ids=np.array([f"u{number:03}" for number in range(users)]),
        user=np.array(user),
        image=np.array(image),
        score=np.array(score, dtype=np.float32),
        scale=Scale(1, 5),
    )


def numbers(images: int) -> Inputs:
    """Inputs that are the pictures' numbers, so that a batch tells which pictures are in it."""
    return Inputs(Features(torch.arange(images, dtype=torch.float32)[:, None]))


def people(*counts: int, images: int = 200) -> RatingTable:
    """One user per count, who rated that many pictures with scores of their own."""
    random = np.random.default_rng(0)
    rows = [(u, i, random.random()) for u, n in enumerate(counts) for i in random.permutation(images)[:n]]
    return table_of(rows, len(counts), images)


RATINGS = ((0, 0, 0.2), (1, 0, 0.6), (2, 0, 1.0), (0, 1, 0.4), (2, 1, 0.0), (2, 2, 0.9))


class TestAverageScores:
    def test_only_the_given_rows_are_averaged(self):
        # user 2 is a test user: rows 2, 4 and 5 must not enter, and picture 2 has no other rating
        data = AverageScores(table_of(RATINGS, 3, 4), np.array([0, 1, 3]), numbers(4), seed=0)
        batch = data.__getitems__([Visit(0, 0), Visit(1, 0)])
        assert len(data) == 2
        assert batch.inputs.flatten().tolist() == [0, 1]
        assert batch.scores.tolist() == pytest.approx([0.4, 0.4])

    def test_ratings_outside_the_rows_may_change_without_notice(self):
        table = table_of(RATINGS, 3, 4)
        score = table.score.copy()
        score[[2, 4, 5]] = [0.0, 1.0, 0.1]
        rows = np.array([0, 1, 3])
        before, after = (AverageScores(t, rows, numbers(4), 0).scores for t in (table, replace(table, score=score)))
        assert torch.equal(before, after)

    def test_one_and_many_agree(self):
        data = AverageScores(table_of(RATINGS, 3, 4), np.arange(6), numbers(4), seed=0)
        one = data[Visit(2, 0)]
        assert (one.inputs.item(), one.scores.item()) == (2, pytest.approx(0.9))

    def test_crops_are_keyed_by_seed_and_epoch(self):
        stored = np.random.default_rng(0).integers(0, 256, (4, 3, 12, 12), dtype=np.uint8)
        inputs = Inputs(Pictures(stored[..., :8, :8], {}), Pictures(stored, {}), 8)
        table = table_of(RATINGS, 3, 4)

        def batch(seed: int, epoch: int) -> torch.Tensor:
            visits = [Visit(item, epoch) for item in range(3)]
            return AverageScores(table, np.arange(6), inputs, seed).__getitems__(visits).inputs

        assert torch.equal(batch(0, 1), batch(0, 1))
        assert not torch.equal(batch(0, 1), batch(0, 2))
        assert not torch.equal(batch(0, 1), batch(5, 1))


class TestUserEpisodes:
    def test_support_and_query_share_no_picture_and_belong_to_the_user(self):
        table = people(100, 150)
        data = UserEpisodes(table, np.arange(table.ratings), numbers(200), seed=0)
        for epoch in range(5):
            for item in range(2):
                episode = data[Visit(item, epoch)]
                support = set(episode.support.inputs.flatten().int().tolist())
                query = set(episode.query.inputs.flatten().int().tolist())
                assert (len(support), len(query)) == (80, 20)
                assert not support & query
                assert support | query <= set(table.image[table.user == item].tolist())

    def test_every_picture_comes_with_the_users_own_score(self):
        table = people(60, 60)
        data = UserEpisodes(table, np.arange(table.ratings), numbers(200), seed=0)
        own = {(u, i): s for u, i, s in zip(table.user, table.image, table.score, strict=True)}
        for user in range(2):
            for part in data[Visit(user, 0)]:
                assert part.scores.tolist() == [own[user, int(image)] for image in part.inputs.flatten()]

    @pytest.mark.parametrize(
        ("ratings", "sizes"), [(50, (40, 10)), (99, (79, 19)), (100, (80, 20)), (180, (80, 20)), (20, (16, 4))]
    )
    def test_sizes_shrink_in_proportion(self, ratings, sizes):
        table = people(ratings)
        episode = UserEpisodes(table, np.arange(ratings), numbers(200), seed=0)[Visit(0, 0)]
        assert (len(episode.support.scores), len(episode.query.scores)) == sizes

    def test_every_size_gives_whole_batches(self):
        for ratings in range(10, 101):
            table = people(ratings)
            episode = UserEpisodes(table, np.arange(ratings), numbers(200), seed=0)[Visit(0, 0)]
            support, query = len(episode.support.scores), len(episode.query.scores)
            assert min(support, query) >= 1
            assert ratings - 2 < support + query <= ratings
            assert support == ratings * 80 // 100
            assert query == ratings * 20 // 100

    @pytest.mark.parametrize(("ratings", "sizes"), [(58, (29, 29)), (2, (1, 1)), (3, (1, 1))])
    def test_shares_are_counted_in_whole_numbers_and_never_empty(self, ratings, sizes):
        table = people(ratings)
        data = UserEpisodes(table, np.arange(ratings), numbers(200), seed=0, support=50, query=50, min_ratings=0)
        assert tuple(len(part.scores) for part in data[Visit(0, 0)]) == sizes

    def test_one_rating_is_no_episode(self):
        table = people(1, 40)
        assert len(UserEpisodes(table, np.arange(41), numbers(200), seed=0, min_ratings=0)) == 1

    def test_only_the_given_rows_are_drawn(self):
        table = people(80, 80)
        rows = np.flatnonzero(np.arange(table.ratings) % 2 == 0)
        allowed = {(int(table.user[row]), int(table.image[row])) for row in rows}
        data = UserEpisodes(table, rows, numbers(200), seed=0)
        seen = {
            (user, int(image))
            for epoch in range(10)
            for user in range(2)
            for part in data[Visit(user, epoch)]
            for image in part.inputs.flatten()
        }
        assert seen == allowed

    def test_users_with_few_ratings_are_left_out_and_counted(self):
        table = people(9, 10, 30)
        data = UserEpisodes(table, np.arange(table.ratings), numbers(200), seed=0, min_ratings=10)
        assert (len(data), data.left_out) == (2, 1)

    def test_nobody_left_is_a_sentence(self):
        table = people(9, 9)
        with pytest.raises(UserError, match=r"tests: no training user has 10 ratings .* task\.form\.min_ratings"):
            UserEpisodes(table, np.arange(table.ratings), numbers(200), seed=0)

    def test_draws_are_keyed_by_seed_epoch_and_user(self):
        table = people(120, 120)
        rows = np.arange(table.ratings)

        def drawn(seed: int, epoch: int, user: int) -> list[float]:
            episode = UserEpisodes(table, rows, numbers(200), seed)[Visit(user, epoch)]
            return episode.support.inputs.flatten().tolist()

        first = drawn(0, 3, 1)
        assert drawn(0, 3, 1) == first
        assert len({tuple(drawn(*key)) for key in [(0, 3, 1), (1, 3, 1), (0, 4, 1), (0, 3, 0)]}) == 4

    def test_other_visits_change_nothing(self):
        table = people(120, 120, 120)
        data = UserEpisodes(table, np.arange(table.ratings), numbers(200), seed=0)
        alone = data[Visit(1, 2)]
        among = data.__getitems__([Visit(2, 2), Visit(0, 2), Visit(1, 2)])[2]
        assert torch.equal(alone.support.inputs, among.support.inputs)
        assert torch.equal(alone.query.scores, among.query.scores)

    def test_query_pictures_are_never_augmented(self):
        random = np.random.default_rng(0)
        large = Pictures(random.integers(0, 256, (40, 3, 12, 12), dtype=np.uint8), {})
        small = Pictures(np.repeat(np.arange(40, dtype=np.uint8), 3 * 64).reshape(40, 3, 8, 8), {})
        table = people(40, images=40)
        episode = UserEpisodes(table, np.arange(40), Inputs(small, large, 8), seed=0)[Visit(0, 0)]
        for picture in episode.query.inputs:
            assert picture.unique().numel() == 1  # the evaluation pictures are of one colour each


class TestHeldOutUsers:
    def test_ten_ratings_to_adapt_to_and_all_others_to_judge(self):
        table = people(35, 60)
        data = HeldOutUsers(table, np.arange(table.ratings), numbers(200), seed=0)
        assert len(data) == 2
        for user, count in enumerate((35, 60)):
            support, query = (set(part.inputs.flatten().int().tolist()) for part in data[user])
            assert (len(support), len(query)) == (10, count - 10)
            assert support | query == set(table.image[table.user == user].tolist())

    def test_the_split_is_the_same_at_every_look_and_moves_with_the_seed(self):
        table = people(60)
        first, same, other = (HeldOutUsers(table, np.arange(60), numbers(200), seed=seed) for seed in (0, 0, 1))
        assert torch.equal(first[0].support.inputs, first[0].support.inputs)
        assert torch.equal(first[0].support.inputs, same[0].support.inputs)
        assert not torch.equal(first[0].support.inputs, other[0].support.inputs)

    def test_users_with_small_query_sets_are_left_out(self):
        table = people(19, 20)
        assert len(HeldOutUsers(table, np.arange(table.ratings), numbers(200), seed=0)) == 1
