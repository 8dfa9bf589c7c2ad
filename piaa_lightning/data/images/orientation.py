"""Turn images upright: by EXIF, unless a reader has turned them already."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from PIL import Image

TAG = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)
HEADER = 1 << 20  # bytes of a HEIF file in which its properties stand, long before they end


def orientation_of(image: Image.Image, source: Path | BinaryIO) -> int:
    """Return EXIF's number of how an image is still to be turned, 1 for not at all.

    Pillow turns a TIFF itself. A HEIF file is turned by its own properties (irot, imir), which go before EXIF; only
    where it has none does EXIF count.

    Args:
        image: opened and not loaded yet.
        source: what it was opened from.
    """
    if image.format == "TIFF":
        return 1
    if image.format == "HEIF":
        told = image.info.get("original_orientation") or 1
        return 1 if told == 1 or _turned_by_itself(source) else int(told)
    try:
        return int(image.getexif().get(TAG, 1) or 1)
    except Exception:  # whatever a broken EXIF block makes Pillow raise: the pixels are fine
        return 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn an image as EXIF's number says."""
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image


def _turned_by_itself(source: Path | BinaryIO) -> bool:
    if isinstance(source, Path):
        with source.open("rb") as file:
            header = file.read(HEADER)
    else:
        place = source.tell()
        source.seek(0)
        header = source.read(HEADER)
        source.seek(place)
    # NOTE: a property of any image in the file counts, a thumbnail's too: they are turned alike
    properties = header.partition(b"ipco")[2].partition(b"ipma")[0]
    return b"irot" in properties or b"imir" in properties
