from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning.data.images.augment import Crops, cut, cut_all
from piaa_lightning.data.images.inputs import Features, Inputs
from piaa_lightning.data.images.raw import RawImages
from piaa_lightning.data.images.stored import Images, open_images


def images(size: int, count: int = 6) -> Images:
    random = np.random.default_rng(size)
    return Images(random.integers(0, 256, (count, 3, size, size), dtype=np.uint8), {})


def chances(batch: int):
    return np.random.default_rng(0).random((batch, 3))


def test_evaluation_is_never_cropped_or_flipped():
    small, large = images(8), images(10)
    inputs = Inputs(small, large, 8)
    numbers = np.array([4, 0, 4])
    assert torch.equal(inputs.batch(numbers), small.batch(numbers))


def test_training_is_cut_from_the_larger_images():
    small, large = images(8), images(10)
    numbers = np.array([5, 2])
    crops = Inputs(small, large, 8).augmented(numbers, chances(2))
    assert isinstance(crops, Crops)
    squares = cut(crops)
    assert squares.shape == (2, 3, 8, 8)
    for crop, whole in zip(squares, large.batch(numbers), strict=True):
        windows = [whole[:, top : top + 8, left : left + 8] for top in range(3) for left in range(3)]
        assert any(torch.equal(crop, window) or torch.equal(crop, window.flip(-1)) for window in windows)


@pytest.mark.parametrize("numbers", [np.array([5, 2]), np.array([], dtype=np.int64)])
def test_where_squares_are_cut_changes_none_of_them(numbers, tmp_path):
    small, large = images(8), images(10)
    later = Inputs(small, large, 8).augmented(numbers, chances(len(numbers)))
    at_once = Inputs(small, large, 8, cut_on_device=False).augmented(numbers, chances(len(numbers)))
    assert torch.equal(at_once, cut(later))
    at_once.zero_()
    assert large.batch(np.arange(6)).any()


def test_raw_images_are_cut_like_stored_ones(tmp_path):
    files = []
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (12, 9, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        files.append(f"{number}.png")
    raw, stored = RawImages(tmp_path, files, 10), open_images(tmp_path, files, [10], None)[10]
    images = np.array([2, 0, 1])
    ways = [Inputs(raw, source, 8, late).augmented(images, chances(3)) for source in (raw, stored) for late in (0, 1)]
    first, *others = [cut_all(way) for way in ways]
    assert all(torch.equal(first, other) for other in others)


def test_squares_of_an_image_that_is_not_there_are_refused():
    inputs = Inputs(images(8), images(10), 8, cut_on_device=False)
    with pytest.raises(IndexError, match=r"3\.\.6 of 6"):
        inputs.augmented(np.array([3, 6]), chances(2))


def test_without_larger_images_training_sees_what_evaluation_sees():
    inputs = Inputs(images(8), None, 8)
    numbers = np.array([1, 3])
    assert torch.equal(inputs.augmented(numbers, chances(2)), inputs.batch(numbers))


def test_features_are_handed_out_by_number_and_never_augmented():
    values = torch.arange(12.0).view(4, 3)
    inputs = Inputs(Features(values))
    images = np.array([3, 1, 3])
    assert inputs.batch(images).tolist() == [[9, 10, 11], [3, 4, 5], [9, 10, 11]]
    assert torch.equal(inputs.augmented(images, chances(3)), inputs.batch(images))
