from __future__ import annotations

import io
import os
import struct
import sys
import types
import zlib

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.data.images.orientation import TAG
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.opening import open_photo
from tests.data.images.profiles import rgb_profile


def corners(width: int, height: int) -> Image.Image:
    """An image whose upper left quarter is white."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[: height // 2, : width // 2] = 255
    return Image.fromarray(pixels)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[TAG] = orientation
    return exif


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff"])
def test_every_plain_kind_is_read(tmp_path, ending):
    corners(64, 48).save(tmp_path / f"a.{ending}")
    photo = open_photo(tmp_path / f"a.{ending}")
    assert (photo.width, photo.height) == (64, 48)
    assert photo.pixels.shape == (48, 64, 3)
    assert photo.pixels[5, 5].min() > 240
    assert photo.pixels[40, 60].max() < 15


def test_it_is_turned_as_its_exif_entry_asks(tmp_path):
    corners(64, 48).save(tmp_path / "a.jpg", exif=turned(6))  # a quarter to the right
    photo = open_photo(tmp_path / "a.jpg")
    assert (photo.width, photo.height) == (48, 64)
    assert photo.pixels[5, 40].min() > 240, "upper left has become upper right"


def test_a_large_jpeg_is_read_small_and_knows_its_size(tmp_path):
    corners(1600, 1200).save(tmp_path / "a.jpg", exif=turned(8))
    photo = open_photo(tmp_path / "a.jpg", at_least=100)
    assert (photo.width, photo.height) == (1200, 1600)
    assert photo.pixels.shape == (200, 150, 3)
    assert open_photo(tmp_path / "a.jpg", at_least=200).pixels.shape == (400, 300, 3)


def test_heic_is_read_upright(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    corners(64, 48).save(tmp_path / "a.heic", exif=turned(6).tobytes())
    photo = open_photo(tmp_path / "a.heic")
    assert (photo.width, photo.height) == (48, 64)
    assert photo.pixels[5, 40].min() > 220


def test_heic_that_says_in_its_exif_alone_how_it_was_held_is_turned(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    straight, right = turned(1).tobytes(), turned(6).tobytes()
    corners(64, 48).save(tmp_path / "a.heic", exif=straight)
    content = (tmp_path / "a.heic").read_bytes()
    assert b"irot" not in content
    assert content.count(straight) == 1
    (tmp_path / "a.heic").write_bytes(content.replace(straight, right))
    photo = open_photo(tmp_path / "a.heic")
    assert (photo.width, photo.height) == (48, 64)
    assert photo.pixels.shape == (64, 48, 3)
    assert photo.pixels[5, 40].min() > 220


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_knows_its_size(tmp_path, orientation):
    corners(64, 48).save(tmp_path / "a.tiff", exif=turned(orientation))
    corners(64, 48).save(tmp_path / "a.png", exif=turned(orientation))
    photo, expected = open_photo(tmp_path / "a.tiff"), open_photo(tmp_path / "a.png")
    assert (photo.width, photo.height) == (expected.width, expected.height)
    assert (photo.height, photo.width) == photo.pixels.shape[:2]
    assert (photo.pixels == expected.pixels).all()


def test_colours_are_those_of_the_profile(tmp_path):
    Image.new("RGB", (64, 48), (202, 54, 44)).save(tmp_path / "a.png", icc_profile=rgb_profile("display p3"))
    assert open_photo(tmp_path / "a.png").pixels[5, 5].astype(int) == pytest.approx((220, 30, 30), abs=3)


def test_a_pipe_called_a_photograph_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(UserError, match="no plain file"):
        open_photo(tmp_path / "a.jpg")


class Raw:
    """What LibRaw tells of a raw file."""

    def __init__(self, data, flip=0):
        self.data, self.sizes = data, types.SimpleNamespace(flip=flip)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def extract_thumb(self):
        return types.SimpleNamespace(data=self.data)


@pytest.fixture
def libraw(monkeypatch):
    """Stand in for the library that reads raw files, since no small raw file can be drawn."""

    class LibRawError(Exception):
        pass

    def use(data, flip=0):
        def imread(path):
            if isinstance(data, str):
                raise LibRawError(data.encode())
            return Raw(data, flip)

        monkeypatch.setitem(sys.modules, "rawpy", types.SimpleNamespace(imread=imread, LibRawError=LibRawError))

    return use


def jpeg(image: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, "jpeg", **options)
    return file.getvalue()


@pytest.mark.parametrize("data", [jpeg(corners(64, 48)), np.asarray(corners(64, 48))], ids=["jpeg", "bitmap"])
def test_a_raw_files_preview_is_turned_as_the_raw_file_says(tmp_path, libraw, data):
    libraw(data, flip=6)
    photo = open_photo(tmp_path / "a.nef")
    assert photo.pixels.shape == (64, 48, 3)
    assert photo.pixels[5, 40].min() > 230


def test_a_previews_own_orientation_counts_more(tmp_path, libraw):
    libraw(jpeg(corners(64, 48), exif=turned(1)), flip=6)
    assert open_photo(tmp_path / "a.nef").pixels.shape == (48, 64, 3)


def test_a_raw_file_without_a_preview_is_said(tmp_path, libraw):
    libraw("no thumbnail")
    with pytest.raises(UserError, match=r"a\.nef: no preview can be read from this raw file \(no thumbnail\)"):
        open_photo(tmp_path / "a.nef")


def test_a_real_raw_library_refuses_what_is_none(tmp_path):
    pytest.importorskip("rawpy")
    (tmp_path / "a.dng").write_bytes(b"no raw file at all" * 10)
    with pytest.raises(UserError, match="no preview can be read"):
        open_photo(tmp_path / "a.dng")


def bomb() -> bytes:
    """A PNG of a few bytes that claims a hundred thousand pixels on each side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"text", "not an image"),
        (b"", "not an image"),
        (jpeg(corners(64, 48))[:400], "damaged|not an image"),
        (bomb(), "too many pixels|above the limit"),
    ],
    ids=["text", "empty", "cut off", "bomb"],
)
def test_what_is_no_photograph_is_said_in_a_sentence(tmp_path, content, words):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(UserError, match=words):
        open_photo(tmp_path / "a.jpg")


def test_more_pixels_than_allowed_are_refused_before_decoding(tmp_path):
    corners(64, 48).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="64 x 48 pixels"):
        open_photo(tmp_path / "a.png", max_pixels=1000)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(UserError, match="there is no such image"):
        open_photo(tmp_path / "a.jpg")
