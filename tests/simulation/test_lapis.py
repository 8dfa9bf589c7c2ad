from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data import splits
from piaa_lightning.data.readers import lapis as reader
from piaa_lightning.simulation import lapis
from piaa_lightning.simulation.latent import stream
from piaa_lightning.simulation.population import draw_users


@pytest.fixture(scope="module")
def root(labels_of):
    return labels_of(lapis)


@pytest.fixture(scope="module")
def table(root):
    return reader.read(root)


def test_the_reader_finds_everything_and_the_dirt(table):
    assert (table.users, table.images, table.ratings) == (24, 239, 3824)
    assert table.dropped == {
        "missing images": 1,
        "ratings of missing images": 16,
        "duplicated ratings": 3,
        "images without labels": 0,
        "ratings without user or score": 1,
    }
    assert [len(table.image_lists[name]) for name in ("train", "val", "test")] == [119, 60, 60]
    assert sum(len(members) for name, members in table.image_lists.items() if name.startswith("style=")) == 239


def test_tiny_is_in_latin_1_with_accents_in_names(root, table):
    raw = (root / "annotation" / "LAPIS_PIAA.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert all("étude" in image for image in table.image_ids)


def test_published_averages_are_those_of_the_ratings(table):
    np.testing.assert_allclose(table.image_score, table.average_scores(), atol=1e-6)
    np.testing.assert_allclose(100 * table.score, np.round(100 * table.score), atol=1e-4)


def test_some_told_nothing_and_openness_shows_in_interest(table):
    told = np.isfinite(table.traits).all(axis=1)
    assert told.sum() == 23  # 6 % of 24 is one
    users = draw_users(stream(1, lapis.NAME, "people"), 2000)
    data = lapis.Crowd(users, [], *(np.zeros(0),) * 4)
    lines = [line.split(",") for line in lapis._demographics(np.random.default_rng(0), data)]
    answered = [bool(line[0]) for line in lines]
    assert sum(answered) == 1880
    interest = np.array([float(line[5]) for line in lines if line[5]])
    assert np.corrcoef(interest, users.traits[answered, 0])[0, 1] == pytest.approx(0.7, abs=0.05)


def test_truth_is_about_the_same_pairs_and_agrees_with_the_scores(root, table, truth_of):
    truth = truth_of(root)
    pairs = zip(table.user_ids[table.user].tolist(), table.image_ids[table.image].tolist(), strict=True)
    assert len(truth) == 3840
    assert np.corrcoef([truth[pair] for pair in pairs], table.score)[0, 1] > 0.8


def test_the_note_says_that_there_is_no_art(root):
    assert "Artworks are not drawn" in (root / "EMBEDDED.md").read_text()


def test_the_split_by_official_lists(table):
    split = splits.users_and_images(table, 0.2, 0.1, "test", "val")
    assert [len(split.users(part)) for part in ("train", "val", "test")] == [17, 2, 5]
    assert [len(split.images(part)) for part in ("train", "val", "test")] == [119, 60, 60]


def test_the_full_size_is_the_published_one():
    layout = lapis.LAYOUTS["full"]
    amount = layout.amount
    lines = amount.ratings + lapis.DOUBLED + 1  # and one that does not say who
    assert (amount.users, amount.images, lines) == (568, 11723, 283860)
    assert (amount.images - layout.val - layout.test, layout.val, layout.test) == (8205, 1173, 2345)
