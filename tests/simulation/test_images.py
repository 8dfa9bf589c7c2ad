from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from piaa_lightning.simulation.images import draw, subject_centre, subject_hue
from piaa_lightning.simulation.latent import ATTRIBUTES, CATEGORIES, Latent, draw_image
from piaa_lightning.simulation.scenery import scene_of

IMAGES = [replace(draw_image(0, "test", number), category=number % len(CATEGORIES)) for number in range(20)]


def luminance(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(float) @ [0.299, 0.587, 0.114]


def hasler_suesstrunk(pixels: np.ndarray) -> float:
    red, green, blue = np.moveaxis(pixels.astype(float), -1, 0)
    a, b = red - green, (red + green) / 2 - blue
    return float(np.hypot(a.std(), b.std()) + 0.3 * np.hypot(a.mean(), b.mean()))


def mirrored_difference(pixels: np.ndarray) -> float:
    light = luminance(pixels)
    return float(np.abs(light - light[:, ::-1]).mean() / light.std())


def background_gradient(latent: Latent, pixels: np.ndarray) -> float:
    """Mean gradient over the third of the columns farthest from the subject."""
    light = luminance(pixels)
    width = light.shape[1]
    left = subject_centre(latent)[0] > 0.5
    part = light[:, : width // 3] if left else light[:, -(width // 3) :]
    return float(np.hypot(*np.gradient(part)).mean() / light.std())


STATISTICS = {
    "colourfulness": lambda latent, pixels: hasler_suesstrunk(pixels),
    "contrast": lambda latent, pixels: luminance(pixels).std(),
    "brightness": lambda latent, pixels: luminance(pixels).mean(),
    "symmetry": lambda latent, pixels: -mirrored_difference(pixels),
    "depth": lambda latent, pixels: -background_gradient(latent, pixels),
    "clutter": background_gradient,
}


@pytest.mark.parametrize("attribute", STATISTICS)
def test_attribute_moves_its_statistic_in_nearly_every_image(attribute):
    statistic = STATISTICS[attribute]
    higher = []
    for latent in IMAGES:
        calm = replace(latent, grain=0.0, **({"depth": 0.2} if attribute in ("clutter", "symmetry") else {}))
        if attribute == "depth":
            calm = replace(calm, symmetry=0.0)  # no twin in what is measured as background
        values = [
            statistic(changed, draw(changed, 64, 48))
            for changed in (replace(calm, **{attribute: 0.1}), replace(calm, **{attribute: 0.9}))
        ]
        higher.append(values[1] > values[0])
    assert np.mean(higher) >= 0.9


def test_perfect_symmetry_mirrors_everything_but_an_outlying_subject_s_details():
    latent = replace(IMAGES[1], symmetry=1.0, grain=0.0, thirds=0.0, outward=False)
    pixels = luminance(draw(latent, 96, 64))
    outside = np.abs(np.arange(96) - 47.5) > 30
    assert np.abs(pixels - pixels[:, ::-1])[:, outside].mean() < 4


def distance_to_thirds(latent: Latent) -> float:
    x, y = subject_centre(latent)
    return min(float(np.hypot(x - a, y - b)) for a in (1 / 3, 2 / 3) for b in (1 / 3, 2 / 3))


@pytest.mark.parametrize("latent", IMAGES[:6])
def test_thirds_bring_the_subject_to_a_point_of_thirds(latent):
    distances = [distance_to_thirds(replace(latent, thirds=value)) for value in (0.0, 0.5, 1.0)]
    assert distances[2] == pytest.approx(0, abs=1e-9)
    assert distances[1] == pytest.approx(distances[0] / 2)
    assert distances[0] > 0.2


def test_the_subject_is_drawn_where_it_is_said_to_be():
    latent = replace(IMAGES[5], thirds=1.0, corner=(1, -1), symmetry=0.0, contrast=0.9, depth=1.0, clutter=0.0)
    assert CATEGORIES[latent.category] == "night"  # a bright moon in a dark sky
    light = luminance(draw(latent, 96, 64))
    y, x = np.argwhere(light > light.min() + 0.8 * np.ptp(light)).mean(axis=0)
    assert (x / 96, y / 64) == (pytest.approx(2 / 3, abs=0.03), pytest.approx(1 / 3, abs=0.03))


def test_harmony_turns_the_subject_s_hue_to_a_neighbour_or_the_opposite():
    for latent in IMAGES:
        background = scene_of(latent).ground_hue + latent.hue_shift
        turn = [abs((subject_hue(replace(latent, harmony=h)) - background + 0.5) % 1 - 0.5) for h in (0.0, 1.0)]
        assert turn[0] == pytest.approx(0.28)
        assert turn[1] == pytest.approx(0.5 if latent.opposite else 0.06)


def test_the_same_description_gives_the_same_bytes_and_another_seed_does_not():
    first, again = (draw(draw_image(3, "ava", 7), 72, 54) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.shape == (54, 72, 3)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != draw(draw_image(4, "ava", 7), 72, 54).tobytes()
    assert draw_image(3, "ava", 7) != draw_image(3, "flickr_aes", 7)


@pytest.mark.parametrize("category", range(len(CATEGORIES)))
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_extreme_descriptions_can_be_drawn(category, value):
    extreme = replace(IMAGES[category], **dict.fromkeys(ATTRIBUTES, value), grain=value, light=1.0)
    assert draw(extreme, 33, 50).shape == (50, 33, 3)


def test_shape_keeps_the_long_side():
    assert replace(IMAGES[0], aspect=3 / 2).shape(72) == (72, 48)
    assert replace(IMAGES[0], aspect=2 / 3).shape(72) == (48, 72)
