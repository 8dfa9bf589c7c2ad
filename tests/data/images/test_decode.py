from __future__ import annotations

import struct
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import piaa_lightning.data.images.decode as decode_module
from piaa_lightning.data.images.decode import decode, squash
from piaa_lightning.errors import UserError

RNG = np.random.default_rng(7)


def smooth(width: int, height: int) -> Image.Image:
    """An image without sharp edges, so that JPEG changes it little."""
    small = Image.fromarray(RNG.integers(0, 256, (5, 6, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def save(image: Image.Image, path, **options):
    image.save(path, **options)
    return path


def test_rgb_comes_back_bit_for_bit(tmp_path):
    pixels = RNG.integers(0, 256, (9, 13, 3), dtype=np.uint8)
    read = decode(save(Image.fromarray(pixels), tmp_path / "a.png"))
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, pixels)


def test_grey_fills_all_three_channels(tmp_path):
    grey = RNG.integers(0, 256, (4, 5), dtype=np.uint8)
    read = decode(save(Image.fromarray(grey), tmp_path / "a.png"))
    np.testing.assert_array_equal(read, np.repeat(grey[:, :, None], 3, axis=2))


def test_cmyk_jpeg_follows_the_ink_formula(tmp_path):
    inks = np.zeros((16, 16, 4), dtype=np.uint8)
    inks[..., 0], inks[..., 3] = 200, 51  # cyan and black
    path = save(Image.fromarray(inks, mode="CMYK"), tmp_path / "a.jpg", quality=100)
    with Image.open(path) as stored:
        assert stored.mode == "CMYK"
    expected = [(255 - 200) * (255 - 51) / 255, 255 - 51, 255 - 51]  # (255 - ink) (255 - black) / 255
    np.testing.assert_allclose(decode(path)[8, 8], expected, atol=2)


def test_16_bit_is_scaled_and_not_clipped(tmp_path):
    values = np.array([[0, 257, 128 * 257, 65535, 1000]], dtype=np.uint16)
    path = save(Image.fromarray(values), tmp_path / "a.png")
    with Image.open(path) as stored:
        assert stored.mode.startswith("I")
    assert decode(path)[0, :, 1].tolist() == [0, 1, 128, 255, 4]


def test_32_bit_and_float_are_refused(tmp_path):
    deep = save(Image.fromarray(np.array([[0, 70_000]], dtype=np.int32)), tmp_path / "a.tif")
    with pytest.raises(UserError, match=r"a\.tif.*32-bit.*save the image as 8-bit"):
        decode(deep)
    real = save(Image.fromarray(np.array([[0.0, 0.5]], dtype=np.float32)), tmp_path / "b.tif")
    with pytest.raises(UserError, match=r"b\.tif.*8-bit"):
        decode(real)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_lies_over_white(tmp_path, mode):
    pixel = (100, 100, 100, 51) if mode == "RGBA" else (100, 51)
    read = decode(save(Image.new(mode, (3, 2), pixel), tmp_path / "a.png"))
    np.testing.assert_allclose(read, 0.2 * 100 + 0.8 * 255, atol=1)  # opacity 51 / 255


def test_transparent_palette_entry_is_white_and_the_others_keep_their_colour(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    read = decode(save(image, tmp_path / "a.png", transparency=0))
    assert read[0].tolist() == [[255, 255, 255], [200, 100, 50]]


def test_transparent_colour_key_of_rgb_is_white(tmp_path):
    image = Image.new("RGB", (2, 1), (9, 9, 9))
    image.putpixel((1, 0), (1, 2, 3))
    read = decode(save(image, tmp_path / "a.png", transparency=(9, 9, 9)))
    assert read[0].tolist() == [[255, 255, 255], [1, 2, 3]]


def test_orientation_is_ignored_unless_asked_for(tmp_path):
    image = Image.new("RGB", (4, 2))
    image.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    path = save(image, tmp_path / "a.png", exif=exif)
    assert decode(path).shape == (2, 4, 3)
    upright = decode(path, apply_orientation=True)
    assert upright.shape == (4, 2, 3)
    assert upright[0, 1].tolist() == [255, 0, 0]  # top left has become top right


@pytest.mark.parametrize("apply_orientation", [False, True])
def test_broken_exif_does_not_spoil_the_image(tmp_path, apply_orientation):
    broken = b"Exif\x00\x00II*\x00\xff\xff\x00\x00" + b"\x12\x01\x03\x00"
    path = save(smooth(20, 10), tmp_path / "a.jpg", exif=broken)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Pillow says that the block is corrupt
        assert decode(path, apply_orientation=apply_orientation).shape == (10, 20, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "webp"])
def test_cut_off_files_are_refused(tmp_path, suffix):
    whole = save(Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)), tmp_path / f"whole.{suffix}")
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert decode(whole).shape == (64, 64, 3)
    with pytest.raises(UserError, match=rf"cut\.{suffix}: .*(remove)"):
        decode(cut)


def test_what_is_no_image_is_refused_with_its_name(tmp_path):
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "empty.jpg").touch()
    for name in ("text.jpg", "empty.jpg"):
        with pytest.raises(UserError, match=rf"{name}: this is not an image"):
            decode(tmp_path / name)
    with pytest.raises(UserError, match=r"gone\.jpg: there is no such image"):
        decode(tmp_path / "gone.jpg")
    with pytest.raises(UserError, match="unreadable"):
        decode(tmp_path)


def test_huge_images_are_refused_before_their_pixels_are_read(tmp_path):
    path = save(Image.new("RGB", (20, 10)), tmp_path / "a.png")
    assert decode(path, max_pixels=200).shape == (10, 20, 3)
    with pytest.raises(UserError, match=r"20 x 10 pixels, above the limit of 199"):
        decode(path, max_pixels=199)


@pytest.mark.parametrize("side", [14_000, 60_000])
def test_a_header_that_promises_too_many_pixels_is_refused(tmp_path, side):
    content = bytearray(save(Image.new("1", (8, 8)), tmp_path / "a.bmp").read_bytes())
    content[18:26] = struct.pack("<ii", side, side)
    (tmp_path / "bomb.bmp").write_bytes(content)
    with pytest.raises(UserError, match=r"bomb\.bmp: .*above the limit"):
        decode(tmp_path / "bomb.bmp")


def bilinear_by_hand(pixels: np.ndarray, size: int) -> np.ndarray:
    """The four nearest pixels, one output value at a time."""
    height, width, _ = pixels.shape
    out = np.zeros((3, size, size))
    for y in range(size):
        for x in range(size):
            v = min(max((y + 0.5) * height / size - 0.5, 0), height - 1)
            u = min(max((x + 0.5) * width / size - 0.5, 0), width - 1)
            top, left = int(v), int(u)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            a, b = v - top, u - left
            upper = (1 - b) * pixels[top, left].astype(float) + b * pixels[top, right]
            lower = (1 - b) * pixels[bottom, left].astype(float) + b * pixels[bottom, right]
            out[:, y, x] = (1 - a) * upper + a * lower
    return out


@pytest.mark.parametrize(("height", "width", "size"), [(23, 17, 8), (7, 31, 7), (3, 4, 9)])
def test_bilinear_equals_the_slow_loop(height, width, size):
    pixels = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    square = squash(pixels, size)
    assert square.shape == (3, size, size)
    assert square.dtype == np.uint8
    assert square.flags.c_contiguous
    assert np.abs(square - bilinear_by_hand(pixels, size)).max() <= 0.5 + 1e-3  # rounding only


@pytest.mark.parametrize(("height", "width", "size"), [(90, 50, 16), (7, 31, 20)])
def test_antialias_equals_pillow(height, width, size):
    pixels = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    pillow = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    assert np.abs(squash(pixels, size, "antialias").astype(int) - pillow).max() <= 2


def test_the_two_ways_differ_when_shrinking():
    pixels = RNG.integers(0, 256, (80, 80, 3), dtype=np.uint8)
    assert np.abs(squash(pixels, 10).astype(int) - squash(pixels, 10, "antialias")).mean() > 20


def test_an_unknown_way_of_resizing_names_the_known_ones():
    with pytest.raises(UserError, match="resize=cubic is unknown; choose one of bilinear, antialias"):
        squash(np.zeros((2, 2, 3), dtype=np.uint8), 2, "cubic")


def whole_over_white(image):
    """Lay a transparent image over white all at once, as a second way to the same pixels."""
    colours = image.convert("RGBA")
    white = Image.new("RGBA", colours.size, "white")
    return np.asarray(Image.alpha_composite(white, colours).convert("RGB"))


def transparent(mode):
    random = np.random.default_rng(0)
    image = Image.fromarray(random.integers(0, 256, (37, 23, 4), dtype=np.uint8))
    if mode == "P with a see-through colour":
        image = image.convert("RGB").quantize(16)
        image.info["transparency"] = 3
    elif mode == "P with alphas":
        image = image.convert("RGB").quantize(16)
        image.info["transparency"] = bytes(range(0, 256, 16))
    elif mode == "RGB with a see-through colour":
        image = image.convert("RGB").quantize(4).convert("RGB")
        image.info["transparency"] = image.getpixel((5, 5))
    elif mode == "L with a see-through grey":
        image = image.convert("L")
        image.info["transparency"] = image.getpixel((5, 5))
    else:
        image = image.convert(mode)
    return image


@pytest.mark.parametrize("strip", [1, 23, 100, 10**6])
@pytest.mark.parametrize(
    "mode",
    [
        "RGBA",
        "LA",
        "P with a see-through colour",
        "P with alphas",
        "RGB with a see-through colour",
        "L with a see-through grey",
    ],
)
def test_strips_give_the_pixels_of_the_whole(tmp_path, monkeypatch, mode, strip):
    monkeypatch.setattr(decode_module, "STRIP", strip)
    image = transparent(mode)
    image.save(tmp_path / "a.png", transparency=image.info.get("transparency"))
    with Image.open(tmp_path / "a.png") as stored:
        assert stored.has_transparency_data
        np.testing.assert_array_equal(decode(tmp_path / "a.png"), whole_over_white(stored))


def test_large_images_take_turns(tmp_path, monkeypatch):
    """However many threads ask: the pixels of one large image are in memory at a time."""
    monkeypatch.setattr(decode_module, "LARGE", 100)
    Image.new("RGB", (20, 20)).save(tmp_path / "a.png")
    at_once, most = [], []
    original = decode_module._to_rgb

    def slowly(image, path, profile):
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.01)
        at_once.pop()
        return original(image, path, profile)

    monkeypatch.setattr(decode_module, "_to_rgb", slowly)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, [tmp_path / "a.png"] * 8))
    assert (max(most), len(most)) == (1, 8)
