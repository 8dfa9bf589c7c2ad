"""Whose ratings speak for an image, part by part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.data.datasets.targets import average_scores, counted_rows, distributions
from piaa_lightning.errors import UserError

# user 0 trains, 1 validates, 2 is a test user; images 0 and 1 train, 2 validates, 3 is a test image
EVERYBODY_EVERYTHING = [(u, i, (1 + 2 * u + i) / 10) for u in range(3) for i in range(4)]
WHO = {"train": [0], "val": [0, 1], "test": [0, 1, 2]}
WHAT = {"train": [0, 1], "val": [2], "test": [3]}
PARTS = list(WHO)


@pytest.fixture
def table(make_table):
    return make_table(EVERYBODY_EVERYTHING, 3, 4)


@pytest.fixture
def split(make_split, table):
    return make_split(table, [1], [2], [2], [3])


@pytest.mark.parametrize("part", PARTS)
def test_the_ratings_that_count(table, split, part):
    rows = counted_rows(table, split, part)
    found = set(zip(table.user[rows].tolist(), table.image[rows].tolist(), strict=True))
    assert found == {(user, image) for user in WHO[part] for image in WHAT[part]}


@pytest.mark.parametrize("part", PARTS)
def test_average_scores_are_means_of_these_and_nothing_is_said_of_other_images(table, split, part):
    averages = average_scores(table, split, part)
    for image in range(4):
        if image in WHAT[part]:
            own = [s for u, i, s in EVERYBODY_EVERYTHING if i == image and u in WHO[part]]
            assert averages[image] == pytest.approx(np.mean(own), abs=1e-7)
        else:
            assert np.isnan(averages[image])


@pytest.mark.parametrize(("part", "moves"), [("train", False), ("val", False), ("test", True)])
@pytest.mark.parametrize("target", [average_scores, lambda *given: distributions(*given, bins=5)])
def test_no_rating_of_a_test_user_moves_a_target_of_training_or_validation(table, split, target, part, moves):
    score = np.where(table.user == 2, (table.score + 0.3) % 1, table.score)
    before, after = (target(each, split, part) for each in (table, replace(table, score=score)))
    assert np.array_equal(before, after, equal_nan=True) is not moves


@pytest.mark.parametrize(("part", "moves"), [("train", False), ("val", True)])
def test_no_rating_of_a_validation_user_moves_a_target_of_training(table, split, part, moves):
    score = np.where(table.user == 1, (table.score + 0.3) % 1, table.score)
    before, after = (average_scores(each, split, part) for each in (table, replace(table, score=score)))
    assert np.array_equal(before, after, equal_nan=True) is not moves


def test_published_averages_are_taken_where_there_are_no_ratings(make_table, make_split):
    published = np.array([0.1, np.nan, 0.3, 0.4], dtype=np.float32)
    table = make_table([], 0, 4, image_score=published)
    split = make_split(table, test_images=[3])
    assert average_scores(table, split, "train") == pytest.approx([0.1, np.nan, 0.3, np.nan], nan_ok=True)
    assert average_scores(table, split, "test") == pytest.approx([np.nan] * 3 + [0.4], nan_ok=True)


def test_published_averages_are_not_taken_where_users_rated(table, split):
    assert np.nanmax(average_scores(replace(table, image_score=np.ones(4, np.float32)), split, "train")) < 1


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("bins", [2, 5, 10])
def test_histograms_of_ratings_against_a_slow_loop(users, make_split, bins, part):
    table = users(30, 40, 50, images=60)
    split = make_split(table, [1], [2], range(20, 40), range(40, 60))
    who, what = WHO[part], split.images(part).tolist()
    for image, shares in enumerate(distributions(table, split, part, bins)):
        votes = [0] * bins
        for u, i, s in zip(table.user, table.image, table.score, strict=True):
            if i == image and u in who and image in what:
                votes[min(range(bins), key=lambda level: abs(level / (bins - 1) - float(s)))] += 1
        if sum(votes):
            assert shares.tolist() == pytest.approx([n / sum(votes) for n in votes], abs=1e-7)
        else:
            assert np.isnan(shares).all()


def votes(*rows) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_votes_pass_unchanged(make_table, make_split):
    published = votes([0.2, 0.3, 0.5], [1, 0, 0], [0, 0.25, 0.75])
    table = make_table([], 0, 3, distribution=published)
    split = make_split(table, val_images=[1])
    found = distributions(table, split, "train", 3)
    assert np.array_equal(found[[0, 2]], published[[0, 2]])
    assert np.isnan(found[1]).all()


def test_votes_of_another_number_of_levels_are_a_sentence(make_table, make_split):
    table = make_table([], 0, 1, distribution=votes([0.2, 0.3, 0.5]))
    sentence = r"^tests: votes have 3 levels and the network's head 10 bins; set head\.bins=3\.$"
    with pytest.raises(UserError, match=sentence):
        distributions(table, make_split(table), "train", 10)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([0.2, 0.3, 0.4], r"^tests: 1 of 2 distributions of votes do not sum to one \(first: image p001"),
        ([0, 0, 0], "hold no vote at all"),
        ([0.5, np.nan, 0.5], "hold a value that is no finite number"),
    ],
)
def test_votes_that_are_no_distribution_are_a_sentence(make_table, make_split, row, sentence):
    table = make_table([], 0, 3, distribution=votes([0.2, 0.3, 0.5], row, [np.nan] * 3))
    with pytest.raises(UserError, match=sentence):
        distributions(table, make_split(table), "train", 3)
    distributions(table, make_split(table, val_images=[1]), "train", 3)  # nobody learns from it


def test_neither_votes_nor_ratings_is_a_sentence(make_table, make_split):
    table = make_table([], 0, 2, image_score=np.array([0.1, 0.2], dtype=np.float32))
    with pytest.raises(UserError, match=r"neither distributions of votes nor ratings of single users; .*task=generic"):
        distributions(table, make_split(table), "train", 10)
