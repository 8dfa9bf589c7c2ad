from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.simulation import ava
from piaa_lightning.simulation.ava_names import CATEGORY_TAGS, LISTED_TAGS, STYLES, TAGS


@pytest.fixture(scope="module")
def root(labels_of):
    return labels_of(ava)


@pytest.fixture(scope="module")
def table(root):
    return np.array([line.split(" ") for line in (root / "AVA.txt").read_text().splitlines()], dtype=int)


def read_ids(root, name):
    return [int(line) for line in (root / name).read_text().split()]


def test_fifteen_columns_with_votes_tags_and_a_challenge(root, table):
    assert table.shape == (400, 15)
    assert table[:, 0].tolist() == list(range(1, 401))
    assert len(set(table[:, 1])) == 400
    assert {path.stem for path in (root / "images").iterdir()} == set(map(str, table[:, 1]))
    assert 200 < table[:, 2:12].sum(axis=1).mean() < 220
    assert table[:, 12:14].min() >= 0
    assert table[:, 12:14].max() <= 66
    challenges = [line.split(" ", 1)[0] for line in (root / "challenges.txt").read_text().splitlines()]
    assert set(map(str, table[:, 14])) <= set(challenges)


def test_votes_are_as_positive_as_ava_s(table):
    mean = table[:, 2:12] @ np.arange(1, 11) / table[:, 2:12].sum(axis=1)
    assert (mean > 5).mean() == pytest.approx(0.7, abs=0.07)


def test_truth_is_what_the_votes_scatter_around(root, table):
    mean = table[:, 2:12] @ np.arange(1, 11) / table[:, 2:12].sum(axis=1)
    lines = [line.split(",") for line in (root / "truth.csv").read_text().splitlines()[1:]]
    assert [image for _, image, _ in lines] == [f"{number}.jpg" for number in table[:, 1]]
    truth = np.array([float(score) for *_, score in lines])
    # a vote varies by about 1.3 around an image's mean, the mean of 210 by about .09
    assert np.abs(mean - truth).mean() == pytest.approx(0.09 * np.sqrt(2 / np.pi), abs=0.02)


def test_lists_are_disjoint_and_of_known_images(root, table):
    folder = root / "aesthetics_image_lists"
    names = {path.stem for path in folder.iterdir()}
    halves = {f"{name}_{half}" for name in LISTED_TAGS for half in ("train", "test")}
    assert names == {"generic_test", "generic_ls_train", "generic_ss_train"} | halves
    lists = {name: set(read_ids(folder, f"{name}.jpgl")) for name in names}
    assert set.union(*lists.values()) <= set(table[:, 1])
    assert len(lists["generic_test"]) == 80
    assert not lists["generic_test"] & (lists["generic_ls_train"] | lists["generic_ss_train"])
    tags = {row[1]: {TAGS[tag - 1] for tag in row[12:14] if tag} for row in table}
    for name, tag in LISTED_TAGS.items():
        assert not lists[f"{name}_train"] & lists[f"{name}_test"]
        assert all(tag in tags[number] for number in lists[f"{name}_train"] | lists[f"{name}_test"])


def test_styles_have_one_label_to_train_and_several_to_test(root):
    folder = root / "style_image_lists"
    assert len((folder / "styles.txt").read_text().splitlines()) == 14
    train, test = read_ids(folder, "train.jpgl"), read_ids(folder, "test.jpgl")
    labels = read_ids(folder, "train.lab")
    assert len(train) == len(labels)
    assert set(labels) <= set(range(1, 15))
    multi = np.array([line.split() for line in (folder / "test.multilab").read_text().splitlines()], dtype=int)
    assert multi.shape == (len(test), 14)
    assert multi.sum(axis=1).min() >= 1
    assert multi.sum(axis=1).max() >= 2
    assert not set(train) & set(test)


def test_names_are_those_of_ava():
    assert len(TAGS) == 66
    assert (TAGS[0], TAGS[21], TAGS[65]) == ("Abstract", "Macro", "Analog")
    assert len(STYLES) == 14
    assert {tag for pair in CATEGORY_TAGS.values() for tag in pair} | set(LISTED_TAGS.values()) <= set(TAGS)


def test_the_full_size_is_the_published_one():
    assert ava.images("full") == (255530, 500)
