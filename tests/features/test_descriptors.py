"""Descriptors against slow loops over patches, cells and pixels; Fisher vectors against the formula, term by term."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from piaa_lightning.errors import UserError
from piaa_lightning.features import FisherVectors, Planes, colour_statistics, dense_sift
from piaa_lightning.features.grid import halvings, patches

RANDOM = np.random.default_rng(0)
IMAGE = RANDOM.integers(0, 256, (37, 45, 3), dtype=np.uint8)


def slow_sift(luma, cell, step):
    """One scale, pixel by pixel."""
    height, width = luma.shape
    cells = np.zeros((height // cell, width // cell, 8))
    for row in range(height // cell * cell):
        for column in range(width // cell * cell):
            down = luma[row + 1, column] - luma[row - 1, column] if 0 < row < height - 1 else 0.0
            right = luma[row, column + 1] - luma[row, column - 1] if 0 < column < width - 1 else 0.0
            turn = (np.arctan2(down, right) / (2 * np.pi) * 8) % 8
            lower, share = int(turn) % 8, turn - int(turn)
            cells[row // cell, column // cell, lower] += (1 - share) * np.hypot(down, right)
            cells[row // cell, column // cell, (lower + 1) % 8] += share * np.hypot(down, right)
    found = []
    for row in range(0, len(cells) - 3, step):
        for column in range(0, cells.shape[1] - 3, step):
            vector = cells[row : row + 4, column : column + 4].ravel()
            vector = np.minimum(vector / np.linalg.norm(vector), 0.2)
            found.append(vector / np.linalg.norm(vector))
    return np.array(found)


def test_sift_against_a_loop_over_pixels():
    found = dense_sift(IMAGE, cell=4, step=2, scales=1)
    assert found == pytest.approx(slow_sift(Planes(IMAGE).luma.astype(float), 4, 2), abs=1e-4)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(len(found)), abs=1e-5)


def test_sift_at_half_the_size_is_sift_of_the_halved_image():
    luma = Planes(IMAGE).luma.astype(float)[:36, :44]
    half = (luma[::2, ::2] + luma[1::2, ::2] + luma[::2, 1::2] + luma[1::2, 1::2]) / 4
    first = len(dense_sift(IMAGE, cell=4, step=1, scales=1))
    found = dense_sift(IMAGE, cell=4, step=1, scales=2)[first:]
    assert found == pytest.approx(slow_sift(half, 4, 1), abs=1e-4)


def test_a_flat_patch_has_no_direction_and_a_turned_image_turns_its_descriptors():
    assert dense_sift(np.full((32, 32, 3), 77, np.uint8)).max() == 0
    ramp = np.broadcast_to(np.arange(0, 160, 5, dtype=np.uint8)[None, :, None], (32, 32, 3)).copy()
    cells = dense_sift(ramp, scales=1).reshape(-1, 16, 8)
    assert (cells.sum(axis=(0, 1)).argmax(), (cells.sum(axis=(0, 1)) > 1e-6).sum()) == (0, 1)
    down = dense_sift(ramp.transpose(1, 0, 2).copy(), scales=1).reshape(-1, 16, 8)
    assert down.sum(axis=(0, 1)).argmax() == 2


def test_colour_statistics_against_a_loop():
    found = colour_statistics(IMAGE, cell=4, step=2, scales=1)
    place = 0
    for row in range(0, 37 // 4 - 3, 2):
        for column in range(0, 45 // 4 - 3, 2):
            expected = []
            for i in range(row, row + 4):
                for j in range(column, column + 4):
                    own = IMAGE[4 * i : 4 * i + 4, 4 * j : 4 * j + 4].reshape(-1, 3) / 255
                    expected += [*own.mean(axis=0), *own.std(axis=0)]
            assert found[place] == pytest.approx(expected, abs=2e-3)
            place += 1
    assert place == len(found)


def test_both_kinds_of_descriptors_stand_on_the_same_patches():
    for shape in ((37, 45), (16, 256), (200, 133)):
        image = RANDOM.integers(0, 256, (*shape, 3), dtype=np.uint8)
        assert len(dense_sift(image)) == len(colour_statistics(image)) > 0


def test_a_grid_stops_where_no_patch_fits_and_enlarges_what_is_smaller_than_one():
    shapes = [plane.shape for plane in halvings(np.zeros((3, 70, 33), np.float32), cell=4, scales=5)]
    assert shapes == [(3, 70, 33), (3, 35, 16)]
    assert [p.shape for p in halvings(np.zeros((1, 10, 40), np.float32), 4, 1)] == [(1, 20, 40)]
    assert patches(np.zeros((6, 5, 8), np.float32), 1).shape == (6, 128)


def mixture(gaussians=3, components=4):
    points = np.concatenate([RANDOM.normal(k, 0.5 + k / 4, (200, 6)) for k in range(3)]).astype(np.float32)
    return FisherVectors(gaussians, components, steps=60).fit(points), points


def slow_fisher(fisher, descriptors):
    """Perronnin, Sánchez and Mensink's equations 17 and 18, term by term, with SciPy's densities."""
    x = (descriptors - fisher.mean).astype(float) @ fisher.axes.astype(float)
    count, gaussians = len(x), len(fisher.weights)
    w, mu, sigma = (part.astype(float) for part in (fisher.weights, fisher.means, fisher.deviations))
    gamma = np.array([[w[k] * norm.pdf(t, mu[k], sigma[k]).prod() for k in range(gaussians)] for t in x])
    gamma /= gamma.sum(axis=1, keepdims=True)
    means, deviations = [], []
    for k in range(gaussians):
        of_mean, of_deviation = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        for t in range(count):
            z = (x[t] - mu[k]) / sigma[k]
            of_mean += gamma[t, k] * z
            of_deviation += gamma[t, k] * (z**2 - 1)
        means.append(of_mean / (count * np.sqrt(w[k])))
        deviations.append(of_deviation / (count * np.sqrt(2 * w[k])))
    found = np.concatenate([*means, *deviations])
    found = np.sign(found) * np.sqrt(np.abs(found))
    return found / np.linalg.norm(found)


def test_fisher_vectors_agree_with_the_slow_formula():
    fisher, _ = mixture()
    own = RANDOM.normal(1, 1, (25, 6)).astype(np.float32)
    assert fisher.encode(own) == pytest.approx(slow_fisher(fisher, own), abs=1e-4)
    assert fisher.encode(own).shape == (fisher.length,) == (24,)


def test_fisher_vectors_do_not_depend_on_the_order_or_the_number_of_copies():
    fisher, points = mixture()
    own = points[::40]
    assert fisher.encode(own[::-1].copy()) == pytest.approx(fisher.encode(own), abs=1e-5)
    assert fisher.encode(np.tile(own, (3, 1))) == pytest.approx(fisher.encode(own), abs=1e-5)
    assert fisher.encode(own[:0]).tolist() == [0] * 24


def test_what_the_mixture_was_fitted_to_moves_it_least():
    fisher, points = mixture()
    raw = {}
    for name, own in (("known", points), ("shifted", points + 1)):
        x = (own - fisher.mean) @ fisher.axes
        both = np.concatenate([x, x * x], axis=1) @ fisher._linear + fisher._constant
        gamma = np.exp(both - both.max(axis=1, keepdims=True))
        gamma /= gamma.sum(axis=1, keepdims=True)
        raw[name] = np.abs((gamma.T @ x - gamma.sum(axis=0)[:, None] * fisher.means) / len(x)).max()
    assert raw["known"] < 0.05 < raw["shifted"]


def test_too_few_descriptors_are_a_sentence():
    with pytest.raises(UserError, match="gaussians=64, components=32: 10 descriptors of 40 values are too few"):
        FisherVectors().fit(np.zeros((10, 40), np.float32))
