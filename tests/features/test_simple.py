"""Each feature against images whose answer is known, or against a slow way of computing it."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.features import (
    SIMPLE,
    Planes,
    brightness,
    colourfulness,
    contrast,
    contrast_width,
    depth_of_field,
    edge_spread,
    harmony,
    hue_count,
    saliency,
    saliency_spread,
    saturation,
    sharpness,
    shrink,
    simple_features,
    symmetry,
    thirds,
    thirds_share,
)
from piaa_lightning.features.depth_of_field import third_level
from piaa_lightning.features.harmony import TEMPLATES
from piaa_lightning.features.planes import averaged

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (40, 56, 3), dtype=np.uint8)


def flat(*colour: int, height: int = 32, width: int = 48):
    return np.full((height, width, 3), colour, dtype=np.uint8)


def spot(down: float, right: float, side: int = 96):
    """A bright disc on grey, its middle at a share of the sides."""
    rows, columns = np.mgrid[:side, :side] / side
    inside = (rows - down) ** 2 + (columns - right) ** 2 < 0.06**2
    image = flat(90, 90, 90, height=side, width=side)
    image[inside] = 255
    return image


def of_hues(*turns: float):
    """Stripes of vivid hues."""
    return np.repeat([[[round(255 * c) for c in colorsys.hsv_to_rgb(t % 1, 0.9, 0.9)] for t in turns]], 32, 0).repeat(
        -(-32 // len(turns)), 1
    ).astype(np.uint8)  # fmt: skip


def test_planes_are_those_of_the_standard_library():
    planes = Planes(NOISE)
    for row, column in RANDOM.integers(0, 40, (50, 2)):
        expected = colorsys.rgb_to_hsv(*(NOISE[row, column] / 255))
        found = [plane[row, column] for plane in (planes.hue, planes.saturation, planes.value)]
        assert found == pytest.approx(expected, abs=1e-5)
    assert planes.luma == pytest.approx(NOISE @ np.array([0.299, 0.587, 0.114]) / 255, abs=1e-5)
    grey = Planes(flat(7, 7, 7))
    assert (grey.hue.max(), grey.saturation.max()) == (0, 0)


@pytest.mark.parametrize("pixels", [NOISE[..., 0], NOISE.astype(float), NOISE[:15], NOISE.transpose(2, 0, 1)])
def test_other_arrays_are_refused(pixels):
    with pytest.raises(ValueError, match=r"an image is \(height, width, 3\) uint8 with sides of at least 16"):
        brightness(pixels)


def test_areas_are_averaged_over_whole_pixels():
    plane = RANDOM.random((37, 50)).astype(np.float32)
    found = averaged(plane, 5, 8)
    rows, columns = np.linspace(0, 37, 6).astype(int), np.linspace(0, 50, 9).astype(int)
    for i in range(5):
        for j in range(8):
            own = plane[rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
            assert found[i, j] == pytest.approx(own.mean(), abs=1e-5)
    assert averaged(plane, 64, 64).shape == (64, 64)
    assert averaged(plane, 64, 64).mean() == pytest.approx(plane.mean(), abs=0.05)


def test_images_are_shrunk_and_keep_their_shape():
    assert shrink(np.zeros((600, 900, 3), np.uint8)).shape == (171, 256, 3)
    assert shrink(NOISE) is NOISE
    assert shrink(np.zeros((5, 900, 3), np.uint8)).shape == (16, 256, 3)
    assert shrink(np.zeros((1, 1, 3), np.uint8)).shape == (16, 16, 3)


def test_colourfulness_is_the_papers_formula():
    r, g, b = (NOISE[..., c].astype(float) for c in range(3))
    rg, yb = r - g, 0.5 * (r + g) - b
    expected = np.sqrt(rg.std() ** 2 + yb.std() ** 2) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
    assert colourfulness(NOISE) == pytest.approx(expected / 255, rel=1e-4)
    assert colourfulness(flat(80, 80, 80)) == pytest.approx(0, abs=1e-6)
    assert colourfulness(flat(255, 0, 0)) == pytest.approx(0.3 * np.hypot(1, 0.5), rel=1e-5)


def test_saturation_brightness_and_contrast_of_plain_images():
    assert saturation(flat(200, 100, 100)) == pytest.approx(0.5, abs=1e-5)
    assert brightness(flat(255, 0, 0)) == pytest.approx(0.299, abs=1e-5)
    halves = flat(0, 0, 0)
    halves[:, 24:] = 255
    assert contrast(halves) == pytest.approx(0.5, abs=1e-5)
    assert contrast_width(halves) == 1
    assert contrast(flat(9, 90, 200)) == pytest.approx(0, abs=1e-5)


def test_the_histogram_is_as_wide_as_its_middle_98_percent():
    values = np.sort(NOISE, axis=None)
    low, high = (values[int(np.ceil(share * len(values))) - 1] for share in (0.01, 0.99))
    assert contrast_width(NOISE) == pytest.approx((float(high) - float(low)) / 255)


def test_hues_are_counted_where_they_can_be_seen():
    assert hue_count(of_hues(0.02)) == pytest.approx(1 / 20)
    assert hue_count(of_hues(0.02, 0.52)) == pytest.approx(2 / 20)
    assert hue_count(flat(100, 100, 100)) == 0
    rare = flat(230, 23, 23, height=64, width=64)
    rare[:2, :30] = (23, 230, 23)  # 1.5 % of the image
    assert hue_count(rare) == pytest.approx(1 / 20)


def slow_harmony(image):
    """The paper's distance, pixel by pixel, over the same positions of the templates."""
    planes = Planes(image)
    hues, weights = planes.hue.ravel(), planes.saturation.ravel()
    hues = (np.floor(hues * 72) + 0.5) / 72
    best = np.inf
    for sectors in TEMPLATES.values():
        for position in range(72):
            total = 0.0
            for hue, weight in zip(hues, weights, strict=True):
                away = []
                for middle, width in sectors:
                    arc = abs((hue - middle - position / 72) % 1)
                    away.append(max(0.0, min(arc, 1 - arc) - width / 2))
                total += weight * min(away)
            best = min(best, total)
    return 1 - best / weights.sum() / 0.5


def test_harmony_is_the_distance_from_the_nearest_template():
    image = RANDOM.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert 0 < harmony(image) < 1
    assert harmony(image) == pytest.approx(slow_harmony(image), abs=1e-5)


def test_opposite_and_neighbouring_hues_are_in_harmony_and_a_full_wheel_is_not():
    assert harmony(of_hues(0.1, 0.6)) == pytest.approx(1)
    assert harmony(of_hues(0.1, 0.15, 0.2)) == pytest.approx(1)
    assert harmony(flat(90, 90, 90)) == 1
    wheel = harmony(of_hues(*np.arange(0, 1, 1 / 12)))
    assert wheel < harmony(of_hues(0.0, 1 / 3, 2 / 3)) < 1


def test_the_third_level_of_haar():
    plane = RANDOM.random((16, 24)).astype(np.float32)
    low, found = plane.astype(float), third_level(plane)
    for level in range(3):
        a, b, c, d = low[::2, ::2], low[::2, 1::2], low[1::2, ::2], low[1::2, 1::2]
        details = [abs(a - b + c - d) / 2, abs(a + b - c - d) / 2, abs(a - b - c + d) / 2]
        low = (a + b + c + d) / 2
        if level == 2:
            assert found == pytest.approx(sum(details), abs=1e-5)


def test_depth_of_field_is_where_the_detail_is():
    everywhere = RANDOM.integers(0, 256, (256, 256, 3), dtype=np.uint8)
    assert depth_of_field(everywhere) == pytest.approx([0.25] * 3, abs=0.03)
    middle = flat(128, 128, 128, height=256, width=256)
    middle[64:192, 64:192] = everywhere[64:192, 64:192]
    assert depth_of_field(middle)[1:] == pytest.approx([1, 1], abs=1e-6)
    around = everywhere.copy()
    around[64:192, 64:192] = 128
    assert (depth_of_field(around)[1:] < 0.05).all()
    assert depth_of_field(flat(3, 4, 5)) == pytest.approx([0.25] * 3)


def test_saliency_lies_on_what_stands_out():
    found = saliency(spot(0.3, 0.7))
    assert found.shape == (64, 64)
    assert found.sum() == pytest.approx(1)
    down, right = np.unravel_index(found.argmax(), found.shape)
    assert (down / 64, right / 64) == (pytest.approx(0.3, abs=0.08), pytest.approx(0.7, abs=0.08))
    assert saliency(flat(5, 5, 5)) == pytest.approx(np.full((64, 64), 1 / 64**2))


def test_one_subject_is_less_spread_than_none():
    assert saliency_spread(flat(5, 5, 5)) == pytest.approx(0.5)
    assert 0 < saliency_spread(spot(0.5, 0.5)) < 0.2


def test_thirds_know_a_crossing_from_the_middle_and_a_corner():
    assert thirds(flat(5, 5, 5)) == pytest.approx(0.5)  # the centre of nothing is the middle
    places = [(1 / 3, 2 / 3), (0.5, 0.5), (0.07, 0.07)]
    crossing, middle, corner = (thirds_share(spot(*place)) for place in places)
    assert crossing > 0.5 > middle > corner
    assert thirds(spot(1 / 3, 2 / 3)) > thirds(spot(0.5, 0.5))


def test_symmetry_is_the_correlation_with_the_mirror_image():
    square = RANDOM.integers(0, 256, (64, 64, 1), dtype=np.uint8).repeat(3, 2)
    mirrored = np.concatenate([square, square[:, ::-1]], axis=1)
    assert symmetry(mirrored) == pytest.approx(1)
    ramp = np.broadcast_to(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], (64, 64, 3)).copy()
    assert symmetry(ramp) == pytest.approx(-1, abs=1e-5)
    assert symmetry(flat(5, 5, 5)) == 1
    small = averaged(Planes(square).luma, 32, 32)
    assert symmetry(square) == pytest.approx(np.corrcoef(small.ravel(), small[:, ::-1].ravel())[0, 1])


@pytest.mark.parametrize("width", [56, 55])
def test_sharpness_counts_strong_frequencies_of_the_whole_spectrum(width):
    image = np.asarray(Image.fromarray(NOISE[:10, :14]).resize((width, 40), Image.Resampling.BICUBIC))
    luma = image @ np.array([0.299, 0.587, 0.114])
    strong = np.abs(np.fft.fft2(luma)) / np.sqrt(luma.size) > 5
    assert sharpness(image) == pytest.approx(strong.mean())
    assert sharpness(NOISE) > sharpness(image)


def test_edges_of_a_small_subject_lie_in_a_small_box():
    assert edge_spread(flat(5, 5, 5)) == 0
    subject = flat(90, 90, 90, height=202, width=202)
    subject[61:121, 61:121] = 255
    assert edge_spread(subject) == pytest.approx(1 - 0.31**2, abs=0.03)
    assert edge_spread(np.tile(NOISE, (3, 3, 1))) < 0.1


def test_all_features_have_names_are_finite_and_the_same_from_planes():
    for image in (NOISE, flat(0, 0, 0), flat(255, 255, 255), flat(5, 200, 90, height=16, width=300)):
        values = simple_features(image)
        assert values.shape == (len(SIMPLE),)
        assert np.isfinite(values).all()
        planes = Planes(image)
        assert simple_features(planes).tolist() == values.tolist()
        assert planes.kept["saliency"] is saliency(planes)
    named = dict(zip(SIMPLE, simple_features(NOISE), strict=True))
    assert named["brightness"] == brightness(NOISE)
    assert named["depth_of_field_value"] == depth_of_field(NOISE)[2]
    assert named["aspect"] == 56 / 40
