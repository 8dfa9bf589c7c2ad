from __future__ import annotations

import numpy as np
import torch

from piaa_lightning.data.augment import Crops, cut
from piaa_lightning.data.inputs import Features, Inputs
from piaa_lightning.data.pictures import Pictures


def pictures(size: int, count: int = 6) -> Pictures:
    random = np.random.default_rng(size)
    return Pictures(random.integers(0, 256, (count, 3, size, size), dtype=np.uint8), {})


def chances(batch: int):
    return np.random.default_rng(0).random((batch, 3))


def test_evaluation_is_never_cropped_or_flipped():
    small, large = pictures(8), pictures(10)
    inputs = Inputs(small, large, 8)
    images = np.array([4, 0, 4])
    assert torch.equal(inputs.batch(images), small.batch(images))


def test_training_is_cut_from_the_larger_pictures():
    small, large = pictures(8), pictures(10)
    images = np.array([5, 2])
    crops = Inputs(small, large, 8).augmented(images, chances(2))
    assert isinstance(crops, Crops)
    squares = cut(crops)
    assert squares.shape == (2, 3, 8, 8)
    for crop, whole in zip(squares, large.batch(images), strict=True):
        windows = [whole[:, top : top + 8, left : left + 8] for top in range(3) for left in range(3)]
        assert any(torch.equal(crop, window) or torch.equal(crop, window.flip(-1)) for window in windows)


def test_without_larger_pictures_training_sees_what_evaluation_sees():
    inputs = Inputs(pictures(8), None, 8)
    images = np.array([1, 3])
    assert torch.equal(inputs.augmented(images, chances(2)), inputs.batch(images))


def test_features_are_handed_out_by_number_and_never_augmented():
    values = torch.arange(12.0).view(4, 3)
    inputs = Inputs(Features(values))
    images = np.array([3, 1, 3])
    assert inputs.batch(images).tolist() == [[9, 10, 11], [3, 4, 5], [9, 10, 11]]
    assert torch.equal(inputs.augmented(images, chances(3)), inputs.batch(images))
