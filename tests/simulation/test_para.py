from __future__ import annotations

import csv

import numpy as np
import pytest

from piaa_lightning.data import splits
from piaa_lightning.data.readers import para as reader
from piaa_lightning.simulation import para
from piaa_lightning.simulation.latent import stream
from piaa_lightning.simulation.population import draw_users


@pytest.fixture(scope="module")
def root(labels_of):
    return labels_of(para)


@pytest.fixture(scope="module")
def table(root):
    return reader.read(root)


def test_the_reader_finds_everything_and_the_dirt(root, table):
    assert (table.users, table.images, table.ratings) == (20, 279, 3906)
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 14,
        "duplicated ratings": 1,
        "images without labels": 0,
        "users without traits": 1,
    }
    assert (root / "annotation" / "ARA-GiaaTest.csv").is_file()  # misnamed, as in one copy
    assert {name: len(members) for name, members in table.image_lists.items()} == {"giaa_train": 209, "giaa_test": 70}


def test_a_name_alone_is_not_enough(table):
    names = [image.split("/")[1] for image in table.image_ids]
    assert len(names) - len(set(names)) >= 69


def test_published_averages_are_those_of_the_ratings(table):
    np.testing.assert_allclose(table.image_score, table.average_scores(), atol=1e-6)
    assert set(np.round(8 * table.score, 4)) <= set(range(9))  # halves of 1..5


def test_the_inventory_tells_the_simulated_traits(root, table):
    with (root / "annotation" / "PARA-UserInfo.csv").open() as file:
        order = [row["userId"] for row in csv.DictReader(file)]
    rows = [order.index(user) for user in table.user_ids]
    true = draw_users(stream(0, para.NAME, "people"), 20).traits[rows]
    told = np.isfinite(table.traits[:, 0])
    assert told.sum() == 19
    for trait in range(5):
        assert np.corrcoef(true[told, trait], table.traits[told, trait])[0, 1] > 0.9
    assert set(table.traits[told, 5]) <= {19.5, 23.5, 27.5, 32, 37.5}


def test_truth_is_about_the_same_pairs_and_agrees_with_the_scores(root, table, truth_of):
    truth = truth_of(root)
    pairs = zip(table.user_ids[table.user].tolist(), table.image_ids[table.image].tolist(), strict=True)
    assert len(truth) == 3920
    assert np.corrcoef([truth[pair] for pair in pairs], table.score)[0, 1] > 0.8


def test_the_split(table):
    split = splits.para(table)
    assert [len(split.users(part)) for part in ("train", "val", "test")] == [16, 2, 2]
    assert [len(split.images(part)) for part in ("train", "val", "test")] == [181, 28, 70]


def test_the_full_size_is_the_published_one():
    layout = para.LAYOUTS["full"]
    amount = layout.amount
    # one rating is written twice
    assert (amount.users, amount.images, amount.ratings + 1, layout.test) == (438, 31220, 807586, 3000)
