from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.data import splits
from piaa_lightning.data.readers import real_cur as reader
from piaa_lightning.simulation import real_cur


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real_cur")
    real_cur.write(folder, "tiny", 0)
    return folder


@pytest.fixture(scope="module")
def table(root):
    return reader.read(root)


@pytest.mark.slow
def test_the_reader_finds_every_photo_and_the_dirt(root, table):
    assert (table.users, table.images, table.ratings) == (10, 300, 300)
    assert table.dropped == {
        "missing images": 0,
        "ratings of missing images": 0,
        "duplicated ratings": 1,
        "images without labels": 0,
        "images outside albums": 1,
    }
    data = real_cur.simulate("tiny", 0)
    assert sorted(table.scale.from_unit(table.score)) == sorted(
        data.score
    )  # the doubled photo counts once, as simulated
    with Image.open(root / table.image_files[0]) as image:
        assert max(image.size) == 72
    assert not (root / "jobs.tmp").exists()


def test_names_repeat_between_albums(table):
    names = [image.split("/")[1] for image in table.image_ids]
    assert len(set(names)) < len(names)


def test_truth_is_about_the_same_images_and_agrees_with_the_scores(root, table, truth_of):
    truth = truth_of(root)
    pairs = zip(table.user_ids[table.user].tolist(), table.image_ids[table.image].tolist(), strict=True)
    expected = np.array([truth[pair] for pair in pairs])
    assert len(truth) == 300
    assert np.corrcoef(expected, table.score)[0, 1] > 0.8


def test_every_album_is_on_one_side(table):
    split = splits.users_only(table, 0.3, 0.15)
    assert [len(split.users(part)) for part in ("train", "val", "test")] == [5, 2, 3]
    assert sum(len(split.rows(table, part)) for part in ("train", "val", "test")) == 300


def test_the_full_size_is_the_published_one():
    layout = real_cur.LAYOUTS["full"]
    assert (layout.albums, layout.photos) == (14, 2800)
