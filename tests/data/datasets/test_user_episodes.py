from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.datasets import UserEpisodes
from piaa_lightning.data.images.augment import Crops
from piaa_lightning.data.images.inputs import Inputs
from piaa_lightning.data.images.stored import Images
from piaa_lightning.data.samplers import Visit
from piaa_lightning.errors import UserError


@pytest.fixture
def episodes(users, make_split, numbers):
    """Episodes of one user per count, all of whose ratings are trained on; the table comes with them."""

    def make(*counts: int, seed: int = 0, **options):
        table = users(*counts)
        return table, UserEpisodes(table, make_split(table), "train", numbers(table.images), seed, **options)

    return make


def parts(episode):
    return episode.support, episode.query


def test_support_and_query_share_no_image_and_belong_to_the_user(episodes):
    table, data = episodes(100, 150)
    for epoch in range(5):
        for item in range(2):
            support, query = (set(part.inputs.flatten().int().tolist()) for part in parts(data[Visit(item, epoch)]))
            assert (len(support), len(query)) == (80, 20)
            assert not support & query
            assert support | query <= set(table.image[table.user == item].tolist())


def test_every_image_comes_with_the_users_own_score(episodes):
    table, data = episodes(60, 60)
    own = {(u, i): s for u, i, s in zip(table.user, table.image, table.score, strict=True)}
    for user in range(2):
        assert data[Visit(user, 0)].user == user
        for part in parts(data[Visit(user, 0)]):
            assert part.scores.tolist() == [own[user, int(image)] for image in part.inputs.flatten()]


@pytest.mark.parametrize(
    ("ratings", "sizes"), [(50, (40, 10)), (99, (79, 19)), (100, (80, 20)), (180, (80, 20)), (20, (16, 4))]
)
def test_sizes_shrink_in_proportion(episodes, ratings, sizes):
    _, data = episodes(ratings)
    assert tuple(len(part.scores) for part in parts(data[Visit(0, 0)])) == sizes


def test_every_size_gives_whole_batches(episodes):
    counts = range(10, 101)
    _, data = episodes(*counts)
    for item, ratings in enumerate(counts):
        support, query = (len(part.scores) for part in parts(data[Visit(item, 0)]))
        assert min(support, query) >= 1
        assert ratings - 2 < support + query <= ratings
        assert support == ratings * 80 // 100
        assert query == ratings * 20 // 100


@pytest.mark.parametrize(("ratings", "sizes"), [(58, (29, 29)), (2, (1, 1)), (3, (1, 1))])
def test_shares_are_counted_in_whole_numbers_and_never_empty(episodes, ratings, sizes):
    _, data = episodes(ratings, support=50, query=50, min_ratings=0)
    assert tuple(len(part.scores) for part in parts(data[Visit(0, 0)])) == sizes


def test_one_rating_is_no_episode(episodes):
    assert len(episodes(1, 40, min_ratings=0)[1]) == 1


def test_only_training_users_and_training_images_are_drawn(users, make_split, numbers):
    table = users(80, 80, 80)
    split = make_split(table, test_users=[1], val_images=range(0, 200, 3), test_images=range(1, 200, 3))
    data = UserEpisodes(table, split, "train", numbers(200), seed=0)
    seen = {
        (user, int(image))
        for epoch in range(30)
        for item, user in enumerate((0, 2))
        for part in parts(data[Visit(item, epoch)])
        for image in part.inputs.flatten()
    }
    assert seen == {
        (user, image) for user, image in zip(table.user, table.image, strict=True) if user != 1 and image % 3 == 2
    }


def test_users_with_few_ratings_are_left_out_and_counted(episodes):
    _, data = episodes(9, 10, 30, min_ratings=10)
    assert (len(data), data.left_out) == (2, 1)


def test_nobody_left_is_a_sentence(episodes):
    with pytest.raises(UserError, match=r"tests: no train user has 10 ratings .* task\.dataset\.min_ratings"):
        episodes(9, 9)


def test_draws_are_keyed_by_seed_epoch_and_user(episodes):
    def drawn(seed: int, epoch: int, user: int) -> list[float]:
        return episodes(120, 120, seed=seed)[1][Visit(user, epoch)].support.inputs.flatten().tolist()

    first = drawn(0, 3, 1)
    assert drawn(0, 3, 1) == first
    assert len({tuple(drawn(*key)) for key in [(0, 3, 1), (1, 3, 1), (0, 4, 1), (0, 3, 0)]}) == 4


def test_other_visits_change_nothing(episodes):
    _, data = episodes(120, 120, 120)
    alone = data[Visit(1, 2)]
    among = data.__getitems__([Visit(2, 2), Visit(0, 2), Visit(1, 2)])[2]
    assert torch.equal(alone.support.inputs, among.support.inputs)
    assert torch.equal(alone.query.scores, among.query.scores)


def test_support_images_are_cropped_and_query_images_never(users, make_split):
    random = np.random.default_rng(0)
    large = Images(random.integers(0, 256, (40, 3, 12, 12), dtype=np.uint8), {})
    small = Images(np.repeat(np.arange(40, dtype=np.uint8), 3 * 64).reshape(40, 3, 8, 8), {})
    table = users(40, images=40)
    episode = UserEpisodes(table, make_split(table), "train", Inputs(small, large, 8), seed=0)[Visit(0, 0)]
    assert isinstance(episode.support.inputs, Crops)
    for image in episode.query.inputs:
        assert image.unique().numel() == 1  # the evaluation images are of one colour each


def test_fewer_users_are_part_of_more_and_seeds_do_not_move_them(episodes):
    def visited(users: int | None, seed: int = 0) -> list[int]:
        table, data = episodes(*[30] * 20, 5, users=users, min_ratings=20, seed=seed)
        return [int(table.user[rows[0]]) for rows in data.rows]

    assert visited(None) == visited(50) == list(range(20))
    few, more = visited(4), visited(9)
    assert (len(few), len(more)) == (4, 9)
    assert set(few) < set(more)
    assert few == sorted(few) == visited(4, seed=1)
    assert few != list(range(4))
    with pytest.raises(UserError, match=r"^task\.dataset\.users=0: give the number"):
        visited(0)
