from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.augment import crop_and_flip


def coded(batch: int = 1, stored: int = 9) -> torch.Tensor:
    """Pictures whose pixels tell where they lie: channel 0 the row, 1 the column, 2 the picture."""
    pictures = torch.zeros((batch, 3, stored, stored), dtype=torch.uint8)
    pictures[:, 0] = torch.arange(stored, dtype=torch.uint8)[:, None]
    pictures[:, 1] = torch.arange(stored, dtype=torch.uint8)[None, :]
    pictures[:, 2] = torch.arange(batch, dtype=torch.uint8)[:, None, None]
    return pictures


@pytest.mark.parametrize(("flip", "step"), [(0.0, 1), (1.0, -1)])
def test_crops_are_squares_of_the_picture_and_flips_mirror_columns_only(flip, step):
    cut = crop_and_flip(coded(50), 6, np.random.default_rng(0), flip=flip).int()
    assert cut.shape == (50, 3, 6, 6)
    for number, picture in enumerate(cut):
        rows, columns, owner = picture
        assert owner.unique().tolist() == [number]
        assert (rows == rows[:1, :1] + torch.arange(6)[:, None]).all()
        assert (columns == columns[:1, :1] + step * torch.arange(6)[None, :]).all()
        assert 0 <= rows.min() <= rows.max() <= 8
        assert 0 <= columns.min() <= columns.max() <= 8


def test_every_corner_is_reached_and_half_are_mirrored():
    cut = crop_and_flip(coded(2000), 6, np.random.default_rng(1)).int()
    tops, lefts = cut[:, 0].amin((1, 2)), cut[:, 1].amin((1, 2))
    assert set(tops.tolist()) == set(lefts.tolist()) == {0, 1, 2, 3}
    mirrored = (cut[:, 1, 0, 0] > cut[:, 1, 0, -1]).float().mean().item()
    assert mirrored == pytest.approx(0.5, abs=0.05)  # 4.5 standard deviations of 2000 coins


def test_a_square_of_the_whole_size_moves_nothing():
    pictures = coded(4)
    assert torch.equal(crop_and_flip(pictures, 9, np.random.default_rng(0), flip=0.0), pictures)


def test_equal_generators_give_equal_crops_and_others_others():
    pictures = coded(30)
    first, same, other = (crop_and_flip(pictures, 5, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_the_stored_pictures_stay_as_they_are():
    pictures = coded(8)
    cut = crop_and_flip(pictures, 9, np.random.default_rng(0))
    cut.fill_(7)
    assert torch.equal(pictures, coded(8))
