from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.simulation import flickr_aes


@pytest.fixture(scope="module")
def root(labels_of):
    return labels_of(flickr_aes)


@pytest.fixture(scope="module")
def rows(root):
    lines = (root / flickr_aes.RATINGS).read_text().splitlines()
    assert lines[0] == "worker, imagePair, score"
    return [(worker, image, int(score)) for worker, image, score in csv.reader(lines[1:])]


def test_names_look_like_the_published_ones(root, rows):
    names = {path.name for path in (root / "40K").iterdir()}
    assert names == {image for _, image, _ in rows}
    assert all(re.fullmatch(r"farm\d_\d+_\d{10}_[0-9a-f]{10}(_b)?\.jpg", name) for name in names)
    assert any(name.endswith("_b.jpg") for name in names)
    assert all(re.fullmatch(r"A[A-Z0-9]{12,13}", worker) for worker, _, _ in rows)
    assert {score for _, _, score in rows} == {1, 2, 3, 4, 5}


def test_the_test_users_are_those_with_80_to_240_ratings(rows):
    counts = Counter(worker for worker, _, _ in rows)
    assert len(counts) == 30
    test = {worker: count for worker, count in counts.items() if 80 <= count <= 240}
    assert len(test) == 6
    assert all(112 <= count <= 120 for count in test.values())
    assert all(count > 240 for worker, count in counts.items() if worker not in test)


def test_about_five_users_rate_each_image_and_one_pair_is_there_twice(rows):
    pairs = Counter((worker, image) for worker, image, _ in rows)
    assert sorted(pairs.values())[-2:] == [1, 2]
    raters = Counter(image for _, image in pairs)
    assert set(raters.values()) <= {4, 5, 6}
    assert np.mean(list(raters.values())) == pytest.approx(5, abs=0.05)


def test_test_users_rate_images_of_their_own(rows):
    counts = Counter(worker for worker, _, _ in rows)
    by_test = {(worker, image) for worker, image, _ in rows if counts[worker] <= 240}
    images = Counter(image for _, image in by_test)
    assert 1 <= sum(count > 1 for count in images.values()) < 0.05 * len(images)
    assert len({image for _, image, _ in rows} - set(images)) > 600


def test_published_scores_are_the_means(root, rows):
    scores = defaultdict(list)
    for _worker, image, score in dict.fromkeys(rows):
        scores[image].append((score - 1) / 4)
    lines = (root / flickr_aes.SCORES).read_text().splitlines()
    assert all(line.startswith(" ") for line in lines)
    published = {name: float(value) for name, value in (line.split() for line in lines)}
    assert published == pytest.approx({image: np.mean(values) for image, values in scores.items()}, abs=1e-5)


def test_truth_has_one_row_per_rating_on_the_same_scale(root, rows):
    with (root / "truth.csv").open() as file:
        truth = list(csv.DictReader(file))
    assert [(row["user"], row["image"]) for row in truth] == [(worker, image) for worker, image, _ in rows]
    values = np.array([float(row["score"]) for row in truth])
    assert values.min() >= 1
    assert values.max() <= 5
    assert len(np.unique(values)) > 0.99 * len(values)
    assert 0.75 < np.corrcoef(values, [score for _, _, score in rows])[0, 1] < 0.95


def test_the_note_says_that_nobody_is_real(root):
    assert "nobody rated them" in (root / "EMBEDDED.md").read_text()


@pytest.mark.parametrize(("size", "ratings"), [("demo", 65046), ("full", 193207)])
def test_larger_sizes_have_the_published_users(size, ratings):
    layout = flickr_aes.LAYOUTS[size]
    assert (layout.training_users, layout.test_users, layout.test_images) == (173, 37, 4977)
    assert layout.test_ratings + 4 * layout.test_images + layout.training_ratings == ratings
    assert flickr_aes.images("full") == (40988, 500)


def test_images_are_written_under_their_names(tmp_path, monkeypatch):
    small = flickr_aes.Layout(6, 2, 8, 7, 6, 14, 48)
    monkeypatch.setattr(flickr_aes, "LAYOUTS", {"small": small})
    monkeypatch.setattr(flickr_aes, "quotas", lambda rng, users, total, *_: np.full(users, total // users))
    flickr_aes.write(tmp_path, "small", 0)
    files = list((tmp_path / "40K").iterdir())
    assert len(files) == 13
    with Image.open(files[0]) as image:
        assert max(image.size) == 48
