from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.data import splits
from piaa_lightning.data.readers import aadb as reader
from piaa_lightning.simulation import aadb


@pytest.fixture(scope="module")
def root(labels_of):
    return labels_of(aadb)


@pytest.fixture(scope="module")
def table(root):
    return reader.read(root)


def test_the_reader_finds_every_list_and_the_dirt(table):
    assert (table.images, table.users, table.ratings) == (299, 0, 0)
    assert table.dropped == {"missing images": 1, "duplicated images": 0, "images without labels": 0}
    assert {name: len(members) for name, members in table.image_lists.items()} == {
        "train": 219,
        "validation": 30,
        "test": 50,
    }
    assert all(
        file.startswith(("AADB_newtest/0.", "AADB_newtest/1.")) for file in table.image_files[table.image_lists["test"]]
    )


def test_five_answers_make_a_score_and_an_attribute(table):
    np.testing.assert_allclose(table.image_score * 20, np.round(table.image_score * 20), atol=1e-4)
    np.testing.assert_allclose(table.attributes * 5, np.round(table.attributes * 5), atol=1e-4)
    assert -1 <= table.attributes.min() < -0.5 < 0.5 < table.attributes.max() <= 1


def test_truth_is_what_the_scores_scatter_around(root, table):
    lines = [line.split(",") for line in (root / "truth.csv").read_text().splitlines()[1:]]
    truth = {image: float(score) for _, image, score in lines}
    expected = [truth[image] for image in table.image_ids]
    # a fifth of an answer's variance of .6^2 or so around an image's mean, on a quarter of the scale
    assert np.abs(table.image_score - expected).mean() < 0.15
    assert np.corrcoef(table.image_score, expected)[0, 1] > 0.7


def test_the_old_test_list_is_a_trap(root, table):
    old = (root / "imgListFiles_label" / "imgListTestRegression_score.txt").read_text().split()[::2]
    assert set(old) <= set(table.image_ids[table.image_lists["train"]])


def test_the_official_split(table):
    split = splits.random_images(table, "test", "validation")
    assert [len(split.images(part)) for part in ("train", "val", "test")] == [219, 30, 50]


def test_the_full_size_is_the_published_one():
    layout = aadb.LAYOUTS["full"]
    assert (layout.train, layout.validation, layout.test, layout.images) == (8458, 500, 1000, 9958)
