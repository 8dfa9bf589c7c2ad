"""Opening one image of any kind: JPEG, PNG, WebP, TIFF, HEIC, and the previews in cameras' raw files."""

from __future__ import annotations

import io
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from piaa_lightning.data.images.decode import DecodedImage, decode_image
from piaa_lightning.data.images.formats import MAX_PIXELS, open_image
from piaa_lightning.data.images.orientation import TAG
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.suffixes import HEIF, RAW


def open_photo(path: Path, at_least: int | None = None, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Read an image, turned as its EXIF entry asks and in the colours that its profile asks for.

    Args:
        path: the file; it is only read.
        at_least: see `decode_image`.
        max_pixels: see `decode_image`.

    Raises:
        UserError: it cannot be read; the sentence says why.
    """
    with photo_source(path) as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # corrupt EXIF blocks and the like: the pixels are fine
        return decode_image(
            path,
            apply_orientation=True,
            apply_profile=True,
            max_pixels=max_pixels,
            at_least=at_least,
            source=source,
        )


@contextmanager
def photo_source(path: Path) -> Iterator[BinaryIO]:
    """Open what Pillow can read of a photograph: its file, or the preview in it.

    Raises:
        UserError: it cannot be read; the sentence says why.
    """
    suffix = path.suffix.lower()
    if suffix in RAW:
        yield io.BytesIO(_preview(path))
        return
    if suffix in HEIF:
        learn_heif(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe or a device, whose end would never come
            raise UserError(f"{path}: this is no plain file; replace or remove it.")
        file = path.open("rb")
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such image; put it there or take it out of the list.") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); correct its permissions.") from error
    with file:
        yield file


def learn_heif(path: Path) -> None:
    """Teach Pillow HEIC, for the sake of a file.

    Raises:
        UserError: the library that reads it is not installed.
    """
    try:
        _register_heif()
    except ImportError as error:
        raise UserError(f"{path}: reading HEIC needs pillow-heif; install piaa-lightning[photos].") from error


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()  # which also turns images upright and says so in their EXIF


def _preview(path: Path) -> bytes:
    """Return the image that a camera stored in its raw file, as a JPEG or TIFF file's bytes."""
    try:
        import rawpy
    except ImportError as error:
        raise UserError(f"{path}: reading raw files needs rawpy; install piaa-lightning[photos].") from error
    try:
        with rawpy.imread(str(path)) as raw:
            preview = raw.extract_thumb()
            turned = {3: 3, 5: 8, 6: 6}.get(raw.sizes.flip, 1)  # LibRaw's way of writing EXIF's orientation
    except (rawpy.LibRawError, OSError) as error:
        raise UserError(f"{path}: no preview can be read from this raw file ({_text(error)}).") from error
    found = preview.data
    if isinstance(found, bytes):  # a JPEG
        return found if _has_orientation(found) else _with_orientation(open_image(io.BytesIO(found)), turned)
    return _with_orientation(Image.fromarray(found), turned)


def _has_orientation(jpeg: bytes) -> bool:
    try:
        with open_image(io.BytesIO(jpeg)) as image:
            return TAG in image.getexif()
    except Exception:
        return True  # damaged: left as it is, `decode` says so


def _with_orientation(image: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[TAG] = orientation
    file = io.BytesIO()
    image.convert("RGB").save(file, "jpeg", quality=95, exif=exif)
    return file.getvalue()


def _text(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
