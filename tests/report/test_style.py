import base64
import io
import re

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from piaa_lightning.report.style import look, save, show, thumbnail


def test_a_thumbnail_keeps_the_shape_of_its_image():
    assert thumbnail(np.zeros((300, 600, 3), np.uint8), 160).shape == (80, 160, 3)
    assert thumbnail(np.zeros((20, 10, 3), np.uint8), 160).shape == (20, 10, 3)


def test_images_in_an_svg_are_small_jpegs_of_the_same_pixels(tmp_path):
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20] = (200, 30, 30)  # red above, black below: an image upside down would be seen
    with look():
        figure = Figure(figsize=(3, 2))
        show(figure.subplots(), pixels)
        svg = save(figure, tmp_path / "p.png")
    (content,) = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", svg)
    assert "image/png" not in svg
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == (60, 40)
        assert {image.getpixel((30, row))[0] // 100 for row in (10, 30)} == {0, 2}  # SVG may turn it by a transform
    with Image.open(tmp_path / "p.png") as png:
        red = np.asarray(png.convert("RGB")).astype(int)[..., 0] - np.asarray(png.convert("RGB"))[..., 1] > 100
    rows = np.flatnonzero(red.any(axis=1))
    assert rows.max() < png.height * 0.6  # the red half is above
