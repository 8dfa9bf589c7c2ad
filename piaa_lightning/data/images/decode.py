"""One image: from a file to pixels, and from pixels to a square of a given size."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from torch.nn.functional import interpolate

from piaa_lightning.errors import UserError

Pixels = NDArray[np.uint8]
Resize = Literal["bilinear", "antialias"]

MAX_PIXELS = 180_000_000
# Pillow warns from 89 million pixels on; here an image is either read in silence or refused.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

# What Pillow raises for a damaged file, depending on the format.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error, OverflowError)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def decode(
    path: Path,
    *,
    apply_orientation: bool = False,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
    source: BinaryIO | None = None,
) -> Pixels:
    """Read the first frame of an image as RGB.

    Grey, CMYK, palette and 16-bit images are converted, transparent ones are laid over white; colour profiles are
    not applied.

    Args:
        path: the file.
        apply_orientation: turn the image as its EXIF entry asks; by default it stays as it is stored, which is what
            the published protocols do.
        max_pixels: the largest width times height that is read.
        at_least: a JPEG may come out smaller by 2, 4 or 8, which reads it several times as fast, as long as neither
            side falls below so many pixels; by default every image comes at its own size.
        source: what to read instead of the file, which then only names the image.

    Returns:
        ``(height, width, 3)``, 0..255.

    Raises:
        UserError: the file is missing, unreadable, damaged, cut off, too large, or of a kind that has no 8-bit form.
    """
    try:
        with Image.open(path if source is None else source) as image:
            if image.width * image.height > max_pixels:
                raise _too_large(path, f"{image.width} x {image.height} pixels", max_pixels)
            if at_least is not None:
                image.draft(None, (at_least, at_least))
            image.load()
            return np.array(_to_rgb(_upright(image) if apply_orientation else image, path), dtype=np.uint8)
    except _BOMB as error:
        raise _too_large(path, "too many pixels", max_pixels) from error
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such image; put it there or take it out of the list.") from error
    except UnidentifiedImageError as error:
        raise UserError(f"{path}: this is not an image that can be read; replace or remove the file.") from error
    except MemoryError as error:
        raise UserError(f"{path}: the image does not fit into memory; make it smaller or remove it.") from error
    except _DAMAGE as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UserError(f"{path}: the image is damaged or unreadable ({reason}); replace or remove it.") from error


def squash(pixels: Pixels, size: int, resize: Resize = "bilinear") -> Pixels:
    """Squash an image to a square, without keeping its aspect ratio.

    ``bilinear`` looks at the four nearest pixels only (half-pixel centres), as OpenCV's ``INTER_LINEAR`` and the
    published training code of BLG-PIAA do; ``antialias`` widens the filter when it shrinks, as Pillow does.

    Args:
        pixels: ``(height, width, 3)``, 0..255.
        size: side of the square in pixels.
        resize: which of the two ways.

    Returns:
        ``(3, size, size)``, 0..255.
    """
    check_resize(resize)
    planes = torch.from_numpy(np.require(pixels, requirements=["C", "W"])).permute(2, 0, 1)[None]
    if resize == "antialias":
        square = interpolate(planes, (size, size), mode="bilinear", align_corners=False, antialias=True)
    else:
        # In float32: torch's own uint8 path rounds after each of the two directions, which is off by up to one.
        square = interpolate(planes.float(), (size, size), mode="bilinear", align_corners=False)
        square = square.round_().to(torch.uint8)
    return square[0].contiguous().numpy()


def check_resize(resize: str) -> None:
    """Stop at a way of resizing that does not exist.

    Raises:
        UserError: it is neither ``bilinear`` nor ``antialias``.
    """
    if resize not in get_args(Resize):
        raise UserError(f"resize={resize} is unknown; choose one of {', '.join(get_args(Resize))}.")


def _too_large(path: Path, what: str, max_pixels: int) -> UserError:
    return UserError(f"{path}: {what}, above the limit of {max_pixels}; make the image smaller or remove it.")


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _DAMAGE:  # the EXIF block is broken, the pixels are not
        return image


def _to_rgb(image: Image.Image, path: Path) -> Image.Image:
    """Convert any of Pillow's modes to RGB."""
    if image.mode.startswith("I"):
        return _from_16_bit(image, path).convert("RGB")
    if image.mode in ("F", "LAB"):
        raise UserError(f"{path}: pixels of kind {image.mode} have no 8-bit form; save the image as 8-bit RGB.")
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert("RGB")
    return image.convert("RGB")


def _from_16_bit(image: Image.Image, path: Path) -> Image.Image:
    """Scale 0..65535 to 0..255; Pillow's own conversion would clip at 255."""
    values = np.asarray(image).astype(np.int64)
    if values.size and not (values.min() >= 0 and values.max() <= 65535):
        raise UserError(f"{path}: 32-bit pixels have no 8-bit form; save the image as 8-bit RGB.")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))
