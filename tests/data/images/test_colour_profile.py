from __future__ import annotations

import io
import logging

import numpy as np
import pytest
from PIL import Image, ImageCms

from piaa_lightning.data.images.decode import decode
from tests.data.images.profiles import SPACES, ink_profile, rgb_profile, to_srgb

RED, LEAF = (202, 54, 44), (90, 140, 60)


def plain(colour, mode="RGB") -> Image.Image:
    return Image.new(mode, (16, 12), colour)


def read(path) -> np.ndarray:
    return decode(path, apply_profile=True)[6, 8].astype(int)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("colour", [RED, LEAF], ids=["red", "leaf"])
@pytest.mark.parametrize("ending", ["png", "tiff", "webp", "jpg"])
def test_the_colours_are_those_that_the_profile_means(tmp_path, space, colour, ending):
    quality = {"lossless": True} if ending == "webp" else {"quality": 100, "subsampling": 0} if ending == "jpg" else {}
    plain(colour).save(tmp_path / f"a.{ending}", icc_profile=rgb_profile(space), **quality)
    lossy = 6 if ending == "jpg" else 3
    assert read(tmp_path / f"a.{ending}") == pytest.approx(to_srgb(space, colour), abs=lossy)
    assert decode(tmp_path / f"a.{ending}")[6, 8].astype(int) == pytest.approx(colour, abs=3), (
        "published protocols leave them"
    )


def test_red_of_display_p3_is_red_again(tmp_path):
    plain(RED).save(tmp_path / "a.png", icc_profile=rgb_profile("display p3"))
    assert read(tmp_path / "a.png") == pytest.approx((220, 30, 30), abs=3)


def test_inks_are_those_of_the_printer(tmp_path):
    image = plain((255, 0, 0, 0), "CMYK")
    image.save(tmp_path / "a.jpg", icc_profile=ink_profile(), quality=100)
    assert read(tmp_path / "a.jpg") == pytest.approx((119, 119, 119), abs=3)
    assert decode(tmp_path / "a.jpg")[6, 8].astype(int) == pytest.approx((0, 255, 255), abs=3)


def test_transparent_parts_are_white_and_the_others_have_their_colour(tmp_path):
    pixels = np.zeros((12, 16, 4), dtype=np.uint8)
    pixels[..., :3], pixels[:, 8:, 3] = RED, 255
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=rgb_profile("display p3"))
    found = decode(tmp_path / "a.png", apply_profile=True).astype(int)
    assert found[6, 2].tolist() == [255, 255, 255]
    assert found[6, 12] == pytest.approx(to_srgb("display p3", RED), abs=3)


def test_srgb_changes_nothing(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    assert (decode(tmp_path / "a.png", apply_profile=True) == pixels).all()


@pytest.mark.parametrize("profile", [b"no profile", rgb_profile("prophoto")[:200], ink_profile()])
def test_a_profile_that_is_broken_or_of_other_pixels_is_told_of_once_and_left_out(tmp_path, caplog, profile):
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            plain(LEAF).save(tmp_path / f"{number}.png", icc_profile=profile)
            assert read(tmp_path / f"{number}.png").tolist() == list(LEAF)
    assert caplog.text.count("A colour profile cannot be used") <= 1


def test_a_hand_made_profile_is_a_profile():
    for profile in (*map(rgb_profile, SPACES), ink_profile()):
        opened = ImageCms.getOpenProfile(io.BytesIO(profile))
        assert ImageCms.getProfileDescription(opened).strip()
