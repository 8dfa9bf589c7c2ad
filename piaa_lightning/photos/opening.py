"""Opening one image of any kind: JPEG, PNG, WebP, TIFF, HEIC, and the previews in cameras' raw files."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from piaa_lightning.data.images.decode import MAX_PIXELS, Pixels, decode
from piaa_lightning.errors import UserError
from piaa_lightning.photos.suffixes import HEIF, RAW

ORIENTATION = 0x0112


@dataclass(frozen=True)
class Photo:
    """One image, upright.

    Args:
        pixels: ``(height, width, 3)``, 0..255; smaller than the file's where a small one was asked for.
        width: of the file's image, upright.
        height: likewise.
    """

    pixels: Pixels
    width: int
    height: int


def open_photo(path: Path, at_least: int | None = None, max_pixels: int = MAX_PIXELS) -> Photo:
    """Read an image and turn it as its EXIF entry asks.

    Args:
        path: the file; it is only read.
        at_least: see `decode`.
        max_pixels: see `decode`.

    Raises:
        UserError: it cannot be read; the sentence says why.
    """
    with _source(path) as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # corrupt EXIF blocks and the like: the pixels are fine
        size = _upright_size(source, path)
        source.seek(0)
        pixels = decode(path, apply_orientation=True, max_pixels=max_pixels, at_least=at_least, source=source)
    width, height = size or (pixels.shape[1], pixels.shape[0])
    return Photo(pixels, width, height)


def _upright_size(source: BinaryIO, path: Path) -> tuple[int, int] | None:
    """Return width and height as they are seen; None where the file is none that can be read, which decoding tells."""
    try:
        with Image.open(source) as image:
            turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
            return (image.height, image.width) if turned else image.size
    except Exception:  # whatever a damaged file makes Pillow raise; `decode` says it in a sentence
        return None


@contextmanager
def _source(path: Path) -> Iterator[BinaryIO]:
    """Open what Pillow can read of a file: itself, or the preview in it."""
    suffix = path.suffix.lower()
    if suffix in RAW:
        yield io.BytesIO(_preview(path))
        return
    if suffix in HEIF:
        learn_heif(path)
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such picture; put it there or take it out of the list.") from error
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
        return found if _has_orientation(found) else _with_orientation(Image.open(io.BytesIO(found)), turned)
    return _with_orientation(Image.fromarray(found), turned)


def _has_orientation(jpeg: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(jpeg)) as image:
            return ORIENTATION in image.getexif()
    except Exception:
        return True  # damaged: left as it is, `decode` says so


def _with_orientation(image: Image.Image, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    file = io.BytesIO()
    image.convert("RGB").save(file, "jpeg", quality=95, exif=exif)
    return file.getvalue()


def _text(error: Exception) -> str:
    first = error.args[0] if error.args else error
    return first.decode(errors="replace") if isinstance(first, bytes) else str(first)
