from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from piaa_lightning.photos.results.cover_picture import WHOLE, cover_picture, rows_of, tiles_of

RATIOS = [1.5, 0.67, 1.78, 1.0, 1.5, 1.5, 0.75, 3.0, 1.33]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_rows_are_the_best_of_all_divisions(count):
    def cost(ends):
        return sum(sum(RATIOS[start:end]) ** 2 for start, end in itertools.pairwise((0, *ends, len(RATIOS))))

    rows = rows_of(RATIOS, count)
    assert [place for row in rows for place in row] == list(range(9)), "in their order, each once"
    least = min(map(cost, itertools.combinations(range(1, 9), count - 1)))
    assert cost([row[-1] + 1 for row in rows[:-1]]) == pytest.approx(least)


@pytest.mark.parametrize("count", [1, 2, 4, 9])
@pytest.mark.parametrize("gap", [0, 7])
def test_there_are_no_holes(count, gap):
    tiles = tiles_of(RATIOS[:count], 500, gap)
    height = tiles[-1][3]
    covered = np.zeros((height, 500), dtype=np.int64)
    for left, upper, right, lower in tiles:
        covered[upper:lower, left:right] += 1
    assert covered.max() == 1
    rows = {upper: lower for _, upper, _, lower in tiles}
    between = sum(lower - upper for upper, lower in rows.items()) * 500 - covered.sum()
    inside = sum(
        gap * (lower - upper) * (len([t for t in tiles if t[1] == upper]) - 1) for upper, lower in rows.items()
    )
    assert between == inside, "what no photograph covers is the gap between two"
    assert sum(lower - upper for upper, lower in rows.items()) + gap * (len(rows) - 1) == height
    for ratio, (left, upper, right, lower) in zip(RATIOS, tiles, strict=False):
        assert (right - left) / (lower - upper) == pytest.approx(ratio, rel=0.05)


def test_nine_photographs_make_a_picture_of_usual_shape():
    tiles = tiles_of(RATIOS, 1400)
    assert 0.6 < 1400 / tiles[-1][3] / WHOLE < 1.6
    assert len({upper for _, upper, _, _ in tiles}) == 3


def test_every_photograph_is_where_its_tile_is():
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (200, 200, 0)]
    shapes = [(40, 60), (60, 40), (30, 30), (10, 400)]
    photos = [np.full((*shape, 3), colour, dtype=np.uint8) for shape, colour in zip(shapes, colours, strict=True)]
    picture = Image.open(io.BytesIO(cover_picture(photos, 300, 4)))
    assert picture.width == 300
    for colour, (left, upper, right, lower) in zip(colours, tiles_of([1.5, 2 / 3, 1.0, 4.0], 300, 4), strict=True):
        seen = picture.getpixel(((left + right) // 2, (upper + lower) // 2))
        assert np.abs(np.array(seen) - colour).max() < 12
