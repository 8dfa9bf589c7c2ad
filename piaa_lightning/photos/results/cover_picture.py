"""A cover as one picture: photographs in rows that fill its width, in the order in which they were chosen."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageOps

from piaa_lightning.data.images.decode import Pixels

WIDTH, GAP = 2400, 12  # pixels
TILE = 1200  # pixels of a photograph's shorter side from which on more would not be seen
WHOLE = 1.4  # width over height that the picture is brought near to
GROUND = (255, 255, 255)
QUALITY = 90


def rows_of(ratios: Sequence[float], count: int) -> list[range]:
    """Divide photographs into rows that are about equally high when each fills the width.

    Args:
        ratios: width over height of each, in their order, which stays.
        count: of rows, from 1 to the number of photographs.

    Returns:
        Places of each row; none is empty, and the sum of squares of the rows' ratios is as small as it can be.

    Example:
        >>> [list(row) for row in rows_of([1.5, 1.5, 3.0, 1.0, 2.0], 3)]
        [[0, 1], [2], [3, 4]]
    """

    @cache
    def best(start: int, rows: int) -> tuple[float, tuple[int, ...]]:
        if rows == 1:
            return sum(ratios[start:]) ** 2, (len(ratios),)
        found = []
        for end in range(start + 1, len(ratios) - rows + 2):
            rest, ends = best(end, rows - 1)
            found.append((sum(ratios[start:end]) ** 2 + rest, (end, *ends)))
        return min(found)

    ends = best(0, count)[1]
    return [range(start, end) for start, end in zip((0, *ends), ends, strict=False)]


def tiles_of(ratios: Sequence[float], width: int = WIDTH, gap: int = GAP) -> list[tuple[int, int, int, int]]:
    """Lay photographs out without holes: every row is exactly as wide as the picture.

    Args:
        ratios: width over height of each; at least one.
        width: of the picture in pixels.
        gap: between photographs.

    Returns:
        Left, upper, right and lower edge of each.
    """

    def laid(count: int) -> list[tuple[int, int, int, int]]:
        found, upper = [], 0
        for row in rows_of(ratios, count):
            inside = width - gap * (len(row) - 1)
            whole = sum(ratios[place] for place in row)
            height, before = max(1, round(inside / whole)), 0.0
            for number, place in enumerate(row):
                left = round(before / whole * inside) + number * gap
                before += ratios[place]
                found.append((left, upper, round(before / whole * inside) + number * gap, upper + height))
            upper += height + gap
        return found

    tries = [laid(count) for count in range(1, len(ratios) + 1)]
    return min(tries, key=lambda tiles: abs(tiles[-1][3] - width / WHOLE))


def cover_picture(photos: Sequence[Pixels], width: int = WIDTH, gap: int = GAP) -> bytes:
    """Put photographs on one picture.

    Args:
        photos: ``(height, width, 3)`` uint8, sRGB; at least one. The first is the upper left one.
        width: of the picture in pixels.
        gap: between photographs.

    Returns:
        A JPEG. A photograph loses at most the pixels that rounding to whole ones takes.
    """
    ratios = [min(4.0, max(0.25, photo.shape[1] / photo.shape[0])) for photo in photos]  # a panorama is cut
    tiles = tiles_of(ratios, width, gap)
    whole = Image.new("RGB", (width, tiles[-1][3]), GROUND)
    for photo, (left, upper, right, lower) in zip(photos, tiles, strict=True):
        size = (max(1, right - left), lower - upper)
        whole.paste(ImageOps.fit(Image.fromarray(photo), size, Image.Resampling.LANCZOS), (left, upper))
    file = io.BytesIO()
    whole.save(file, "jpeg", quality=QUALITY)
    return file.getvalue()
