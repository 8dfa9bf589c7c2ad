from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.data.images.decode import decode
from piaa_lightning.data.images.orientation import TAG
from piaa_lightning.photos.results.crop_file import write_crop
from piaa_lightning.photos.results.crops import Crop
from tests.data.images.profiles import ink_profile, rgb_profile

ARTIST = 0x013B
RIGHT_HALF = Crop("1:1", (0.5, 0.0, 1.0, 1.0), 0.0)


def exif(orientation: int) -> Image.Exif:
    told = Image.Exif()
    told[TAG], told[ARTIST] = orientation, "Ana"
    return told


def halves(left, right) -> Image.Image:
    image = Image.new("RGB", (64, 32), left)
    image.paste(right, (32, 0, 64, 32))
    return image


@pytest.mark.parametrize("ending", ["jpg", "png", "tiff"])
def test_colours_stay_as_they_are_with_their_profile_and_exif_goes_along(tmp_path, ending):
    profile = rgb_profile("display p3")
    halves((0, 0, 90), (202, 54, 44)).save(tmp_path / f"a.{ending}", icc_profile=profile, exif=exif(1), quality=100)
    before = (tmp_path / f"a.{ending}").read_bytes()
    write_crop(tmp_path / f"a.{ending}", RIGHT_HALF, tmp_path / "deep" / "crop.jpg")
    with Image.open(tmp_path / "deep" / "crop.jpg") as crop:
        assert (crop.format, crop.size) == ("JPEG", (32, 32))
        assert crop.info["icc_profile"] == profile
        assert crop.getexif()[ARTIST] == "Ana"
        assert np.asarray(crop).astype(int)[16, 20] == pytest.approx((202, 54, 44), abs=4)
    assert decode(tmp_path / "deep" / "crop.jpg", apply_profile=True)[16, 20].astype(int) == pytest.approx(
        (220, 30, 30), abs=5
    )
    assert (tmp_path / f"a.{ending}").read_bytes() == before


@pytest.mark.parametrize("ending", ["jpg", "tiff"])
def test_a_crop_is_upright_and_says_so(tmp_path, ending):
    image = Image.new("RGB", (32, 64), (0, 0, 90))
    image.paste((202, 54, 44), (0, 0, 32, 32))  # its upper half; turned by a quarter it is the right one
    image.save(tmp_path / f"a.{ending}", exif=exif(6), quality=100)
    write_crop(tmp_path / f"a.{ending}", RIGHT_HALF, tmp_path / "crop.jpg")
    with Image.open(tmp_path / "crop.jpg") as crop:
        assert crop.size == (32, 32)
        assert TAG not in crop.getexif()
        assert crop.getexif()[ARTIST] == "Ana"
        assert np.asarray(crop).astype(int)[16, 16] == pytest.approx((202, 54, 44), abs=4)


def test_what_a_jpeg_cannot_hold_becomes_srgb(tmp_path):
    Image.new("CMYK", (64, 32), (255, 0, 0, 0)).save(tmp_path / "a.jpg", icc_profile=ink_profile(), quality=100)
    write_crop(tmp_path / "a.jpg", RIGHT_HALF, tmp_path / "crop.jpg")
    with Image.open(tmp_path / "crop.jpg") as crop:
        assert crop.mode == "RGB"
        assert "icc_profile" not in crop.info
        assert np.asarray(crop).astype(int)[16, 16] == pytest.approx((119, 119, 119), abs=4)
