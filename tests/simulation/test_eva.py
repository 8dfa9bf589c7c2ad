from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data import splits
from piaa_lightning.data.readers import eva as reader
from piaa_lightning.simulation import eva


@pytest.fixture(scope="module")
def root(labels_of):
    return labels_of(eva)


@pytest.fixture(scope="module")
def table(root):
    return reader.read(root)


def test_the_reader_finds_everything_and_the_dirt(table):
    assert (table.users, table.images, table.ratings) == (30, 239, 3824)
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 16,
        "duplicated ratings": 1,
        "images without labels": 12,
        "users without traits": 1,
    }
    assert sum(map(len, table.image_lists.values())) == 239
    assert set(table.image_lists) == {f"category={number}" for number in range(1, 7)}


def test_scores_are_whole_and_as_high_as_published(table):
    np.testing.assert_allclose(10 * table.score, np.round(10 * table.score), atol=1e-4)
    assert 10 * table.score.mean() == pytest.approx(6.12, abs=0.3)
    assert 10 * table.average_scores().std() == pytest.approx(1.02, abs=0.2)


def test_grades_lie_in_1_to_4_and_voters_were_born(table):
    assert 1 <= table.attributes.min() < 2 < 3 < table.attributes.max() <= 4
    told = np.isfinite(table.traits[:, 0])
    assert told.sum() == 29
    assert set(table.traits[told, 1]) <= {1, 2, 3}
    assert table.traits[told, 0].min() >= 1950


def test_eyes_are_told_in_every_way(root):
    lines = (root / "data" / "users.csv").read_text().splitlines()[1:]
    assert {"", "1"} < {line.split("=")[-1] for line in lines} <= {"", "1", "2", "1,2"}


def test_truth_is_about_the_same_pairs_and_agrees_with_the_scores(root, table, truth_of):
    truth = truth_of(root)
    pairs = zip(table.user_ids[table.user].tolist(), table.image_ids[table.image].tolist(), strict=True)
    assert len(truth) == 3840
    assert np.corrcoef([truth[pair] for pair in pairs], table.score)[0, 1] > 0.8


def test_the_split(table):
    split = splits.users_and_images(table, 0.1, 0.05, 0.5, 0.2)
    assert [len(split.users(part)) for part in ("train", "val", "test")] == [25, 2, 3]


def test_the_full_size_is_the_published_one():
    amount = eva.LAYOUTS["full"].amount
    assert (amount.users, amount.images, amount.ratings + 1) == (1094, 4070, 136943)  # one vote is written twice
    assert eva.images("full")[0] == 5101
