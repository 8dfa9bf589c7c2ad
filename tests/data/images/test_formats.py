from __future__ import annotations

import pytest
from PIL import EpsImagePlugin, Image, UnidentifiedImageError

from piaa_lightning.data.images.decode import decode
from piaa_lightning.data.images.formats import open_image
from piaa_lightning.errors import UserError

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n{} loop\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF"])
def test_what_photographs_come_in_is_read_whatever_the_name(tmp_path, kind):
    with (tmp_path / "a.jpg").open("wb") as file:
        Image.new("RGB", (32, 24), (10, 200, 30)).save(file, kind)
    assert decode(tmp_path / "a.jpg").shape == (24, 32, 3)


@pytest.mark.parametrize("name", ["a.jpg", "a.eps", "a.png"])
def test_a_program_called_a_photograph_reaches_no_other_program(tmp_path, monkeypatch, name):
    def never(*arguments, **named):
        raise AssertionError("handed to Ghostscript")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", never)
    (tmp_path / name).write_bytes(POSTSCRIPT)
    with pytest.raises(UserError, match="not an image that can be read"):
        decode(tmp_path / name)
    with pytest.raises(UnidentifiedImageError):
        open_image(tmp_path / name)


@pytest.mark.parametrize("kind", ["PPM", "ICO", "TGA", "PCX", "SGI"])
def test_other_kinds_are_refused(tmp_path, kind):
    with (tmp_path / "a.jpg").open("wb") as file:
        Image.new("RGB", (32, 32)).save(file, kind)
    with pytest.raises(UserError, match="not an image that can be read"):
        decode(tmp_path / "a.jpg")
