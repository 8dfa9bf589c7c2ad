from __future__ import annotations

import numpy as np
import pytest
import torch

from piaa_lightning.data.batches import Episode, Examples
from piaa_lightning.data.images.augment import Crops, copy_squares, cut, cut_all, draw_squares


def coded(batch: int = 1, stored: int = 9) -> torch.Tensor:
    """Images whose pixels tell where they lie: channel 0 the row, 1 the column, 2 the image."""
    images = torch.zeros((batch, 3, stored, stored), dtype=torch.uint8)
    images[:, 0] = torch.arange(stored, dtype=torch.uint8)[:, None]
    images[:, 1] = torch.arange(stored, dtype=torch.uint8)[None, :]
    images[:, 2] = torch.arange(batch, dtype=torch.uint8)[:, None, None]
    return images


def draw_crops(images: torch.Tensor, size: int, chance, flip: float = 0.5) -> Crops:
    return Crops(images, draw_squares(images.shape[-1], size, chance, flip))


def chances(batch: int, seed: int = 0):
    return np.random.default_rng(seed).random((batch, 3))


@pytest.mark.parametrize(("flip", "step"), [(0.0, 1), (1.0, -1)])
def test_crops_are_squares_of_the_image_and_flips_mirror_columns_only(flip, step):
    squares = cut(draw_crops(coded(50), 6, chances(50), flip)).int()
    assert squares.shape == (50, 3, 6, 6)
    for number, image in enumerate(squares):
        rows, columns, owner = image
        assert owner.unique().tolist() == [number]
        assert (rows == rows[:1, :1] + torch.arange(6)[:, None]).all()
        assert (columns == columns[:1, :1] + step * torch.arange(6)[None, :]).all()
        assert 0 <= rows.min() <= rows.max() <= 8
        assert 0 <= columns.min() <= columns.max() <= 8


def test_every_corner_is_reached_alike_and_half_are_mirrored():
    squares = cut(draw_crops(coded(200), 6, chances(2000)[:200])).int()
    assert set(squares[:, 0].amin((1, 2)).tolist()) == {0, 1, 2, 3}
    crops = draw_crops(coded(1).expand(20000, -1, -1, -1), 6, chances(20000))
    for place in crops.squares.corners.T:
        assert (np.bincount(place) / 20000).tolist() == pytest.approx([0.25] * 4, abs=0.015)  # 5 standard deviations
    assert crops.squares.mirrored.mean() == pytest.approx(0.5, abs=0.015)


def test_the_least_and_the_greatest_chance_are_the_ends():
    crops = draw_crops(coded(2), 6, np.array([[0, 0, 0], [1 - 2**-53] * 3]))
    assert crops.squares.corners.tolist() == [[0, 0], [3, 3]]
    assert crops.squares.mirrored.tolist() == [True, False]


def test_a_square_of_the_whole_size_moves_nothing():
    images = coded(4)
    assert torch.equal(cut(draw_crops(images, 9, chances(4), flip=0.0)), images)


def test_every_image_has_its_own_chance():
    images, chance = coded(30), chances(30)
    together = cut(draw_crops(images, 5, chance))
    alone = [cut(draw_crops(images[i : i + 1], 5, chance[i : i + 1])) for i in range(30)]
    assert torch.equal(together, torch.cat(alone))


def test_the_stored_images_stay_as_they_are():
    images = coded(8)
    cut(draw_crops(images, 9, chances(8))).fill_(7)
    assert torch.equal(images, coded(8))


def test_cutting_while_gathering_is_cutting_afterwards():
    images = torch.randint(0, 256, (30, 3, 9, 9), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    crops = draw_crops(images, 6, chances(30))
    assert 0 < crops.squares.mirrored.sum() < 30
    out = np.empty((30, 3, 6, 6), dtype=np.uint8)
    copy_squares(images.numpy(), crops.squares, out)
    assert torch.equal(torch.from_numpy(out), cut(crops))


def test_crops_are_cut_wherever_they_lie_and_nothing_else_changes():
    crops = draw_crops(coded(3), 5, chances(3))
    plain = Examples(coded(2), torch.ones(2))
    batch = {"a": [Episode(Examples(crops, torch.zeros(3)), plain, 7)], "b": (crops, 5, "name")}
    found = cut_all(batch)
    (episode,) = found["a"]
    assert isinstance(episode, Episode)
    assert isinstance(episode.support, Examples)
    assert torch.equal(episode.support.inputs, cut(crops))
    assert torch.equal(found["b"][0], cut(crops))
    assert found["b"][1:] == (5, "name")
    assert episode.query.inputs is plain.inputs
    assert episode.user == 7
    assert isinstance(batch["b"][0], Crops)
