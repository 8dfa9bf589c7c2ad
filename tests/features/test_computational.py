"""Colours and textures of images whose answer is known, and against slow loops."""

from __future__ import annotations

import numpy as np
import pytest

from piaa_lightning.features import Planes
from piaa_lightning.features.computational import COMPUTATIONAL, computational_features
from piaa_lightning.features.palette import PALETTE, palette
from piaa_lightning.features.simple import SIMPLE, simple_features
from piaa_lightning.features.texture import TEXTURE, texture

NOISE = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)


def flat(*colour: int, height: int = 32, width: int = 48):
    return np.full((height, width, 3), colour, dtype=np.uint8)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0, 0, 0), "black"),
        ((20, 5, 5), "black"),
        ((128, 128, 128), "grey"),
        ((250, 250, 250), "white"),
        ((255, 0, 0), "red"),
        ((255, 0, 30), "red"),  # just below a full turn
        ((255, 128, 0), "orange"),
        ((255, 240, 0), "yellow"),
        ((0, 160, 0), "green"),
        ((30, 60, 200), "blue"),
        ((130, 30, 200), "purple"),
        ((255, 105, 180), "pink"),
        ((110, 60, 20), "brown"),
    ],
)
def test_plain_colours_have_their_names(colour, name):
    assert dict(zip(PALETTE, palette(flat(*colour)), strict=True)) == {other: float(other == name) for other in PALETTE}


def test_a_palette_counts_pixels():
    image = flat(255, 0, 0)
    image[:, 36:] = (0, 0, 255)
    found = dict(zip(PALETTE, palette(image), strict=True))
    assert (found["red"], found["blue"]) == (0.75, 0.25)
    assert palette(NOISE).sum() == pytest.approx(1)


def of(image):
    return dict(zip(TEXTURE, texture(image), strict=True))


def test_a_flat_image_has_no_texture():
    ones = ("neighbour_energy", "neighbour_homogeneity", "neighbour_correlation")
    assert of(flat(90, 90, 90)) == pytest.approx({name: float(name in ones) for name in TEXTURE})


def test_a_chessboard_has_the_most_contrast_and_detail_at_the_finest_level_alone():
    board = np.indices((32, 48)).sum(axis=0) % 2 * np.uint8(255)
    found = of(np.repeat(board[..., None], 3, axis=2).astype(np.uint8))
    assert found["entropy"] == pytest.approx(1 / 8)  # one bit of eight
    assert (found["neighbour_contrast"], found["neighbour_energy"]) == (1, pytest.approx(0.5))
    assert found["neighbour_homogeneity"] == pytest.approx(1 / 8)
    assert found["neighbour_correlation"] == pytest.approx(-1)
    # only the diagonal part is not zero, and it is |1 - 0 - 0 + 1| = 2 of 6
    assert [found[f"detail_{level}"] for level in (1, 2, 3)] == pytest.approx([1 / 3, 0, 0], abs=1e-6)


def test_neighbours_against_a_loop_over_pairs():
    grey = np.minimum(Planes(NOISE).luma * 8, 7).astype(int)
    pairs = [(grey[r, c], grey[r, c + 1]) for r in range(40) for c in range(55)]
    pairs += [(grey[r, c], grey[r + 1, c]) for r in range(39) for c in range(56)]
    one, other = np.array(pairs + [(b, a) for a, b in pairs]).T
    counts = np.zeros((8, 8))
    np.add.at(counts, (one, other), 1)
    found = of(NOISE)
    assert found["neighbour_contrast"] == pytest.approx(((one - other) ** 2).mean() / 49)
    assert found["neighbour_energy"] == pytest.approx(((counts / counts.sum()) ** 2).sum())
    assert found["neighbour_homogeneity"] == pytest.approx((1 / (1 + np.abs(one - other))).mean())
    assert found["neighbour_correlation"] == pytest.approx(np.corrcoef(one, other)[0, 1])


def test_all_have_names_and_are_finite():
    assert len(set(COMPUTATIONAL)) == len(COMPUTATIONAL) == 36
    for image in (NOISE, flat(0, 0, 0), flat(255, 255, 255), flat(5, 200, 90, height=16, width=300)):
        values = computational_features(image)
        assert values.shape == (36,)
        assert np.isfinite(values).all()
        assert values[: len(SIMPLE)].tolist() == simple_features(image).tolist()
