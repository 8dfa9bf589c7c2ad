from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.data.images.raw import RawImages
from piaa_lightning.data.images.stored import open_images
from piaa_lightning.errors import UserError


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(0)
    for number, shape in enumerate([(20, 30, 3), (40, 25, 3), (16, 16, 3)]):
        Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)).save(tmp_path / f"p{number}.png")
    return [f"p{number}.png" for number in range(3)]


@pytest.mark.parametrize("resize", ["bilinear", "antialias"])
def test_the_pixels_and_the_name_are_those_of_the_cache(tmp_path, files, resize):
    cached = open_images(tmp_path, files, [12], tmp_path / "cache", resize=resize)[12]
    in_memory = open_images(tmp_path, files, [12], None, resize=resize)[12]
    raw = RawImages(tmp_path, files, 12, resize)
    images = np.array([2, 0, 1, 0])
    assert torch.equal(raw.batch(images), cached.batch(images))
    assert raw.key == cached.key == in_memory.key
    assert (len(raw), raw.size, raw.broken) == (3, 12, {})
    assert raw.batch(np.zeros(0, dtype=np.int64)).shape == (0, 3, 12, 12)


def test_the_name_moves_with_the_files_the_size_and_the_way_of_resizing(tmp_path, files):
    names = {RawImages(tmp_path, files, *how).key for how in [(12,), (13,), (12, "antialias")]}
    Image.new("RGB", (9, 9)).save(tmp_path / "p0.png")
    names.add(RawImages(tmp_path, files, 12).key)
    assert len(names) == 4


def test_a_worker_gets_the_same_images(tmp_path, files):
    raw = RawImages(tmp_path, files, 12)
    other = pickle.loads(pickle.dumps(raw))
    assert torch.equal(raw.batch(np.arange(3)), other.batch(np.arange(3)))
    in_memory = open_images(tmp_path, files, [12], None)[12]
    assert pickle.loads(pickle.dumps(in_memory)).key == raw.key


def test_what_cannot_be_read_stops_where_it_is_asked_for(tmp_path, files):
    (tmp_path / "p1.png").write_bytes(b"no image")
    raw = RawImages(tmp_path, files, 12)
    raw.batch(np.array([0, 2]))
    with pytest.raises(UserError, match=r"p1\.png"):
        raw.batch(np.array([1]))
