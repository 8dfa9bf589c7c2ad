"""One image: from a file to pixels, and from pixels to a square of a given size."""

from __future__ import annotations

import struct
import threading
import zlib
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch.nn.functional import interpolate

from piaa_lightning.data.images.colour_profile import to_srgb
from piaa_lightning.data.images.formats import MAX_PIXELS, open_image
from piaa_lightning.data.images.orientation import SIDEWAYS, orientation_of, turned
from piaa_lightning.errors import UserError

Pixels = NDArray[np.uint8]
Resize = Literal["bilinear", "antialias", "bicubic"]

# What Pillow raises for a damaged file, depending on the format.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error, OverflowError)
LARGE = 24_000_000  # pixels above which images are decoded one at a time, however many threads ask for some
STRIP = 4_000_000  # pixels that are laid over white at once
_TURNS = threading.Lock()
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class DecodedImage:
    """An image and the size that its file has.

    Args:
        pixels: ``(height, width, 3)``, 0..255; smaller than the file's where a small one was asked for.
        width: of the file's image in pixels, turned as the pixels are.
        height: likewise.
    """

    pixels: Pixels
    width: int
    height: int


def decode(
    path: Path,
    *,
    apply_orientation: bool = False,
    apply_profile: bool = False,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
    source: BinaryIO | None = None,
) -> Pixels:
    """Read the first frame of an image as RGB, ``(height, width, 3)``, 0..255; see `decode_image`.

    Raises:
        UserError: see `decode_image`.
    """
    return decode_image(
        path,
        apply_orientation=apply_orientation,
        apply_profile=apply_profile,
        max_pixels=max_pixels,
        at_least=at_least,
        source=source,
    ).pixels


def decode_image(
    path: Path,
    *,
    apply_orientation: bool = False,
    apply_profile: bool = False,
    max_pixels: int = MAX_PIXELS,
    at_least: int | None = None,
    source: BinaryIO | None = None,
) -> DecodedImage:
    """Read the first frame of an image as RGB, and how large its file says it is.

    Grey, CMYK, palette and 16-bit images are converted, transparent ones are laid over white. Which kinds of files are
    read says `formats.FORMATS`.

    Args:
        path: the file.
        apply_orientation: turn the image as its EXIF entry asks; by default it stays as it is stored, which is what
            the published protocols do.
        apply_profile: turn its colours into sRGB as its profile asks; by default they stay as they are stored.
        max_pixels: the largest width times height that is read.
        at_least: a JPEG may come out smaller by 2, 4 or 8, which reads it several times as fast, as long as neither
            side falls below so many pixels; by default every image comes at its own size.
        source: what to read instead of the file, which then only names the image.

    Raises:
        UserError: the file is missing, unreadable, damaged, cut off, too large, of a kind that is not read, or has no
            8-bit form.
    """
    opened: Path | BinaryIO = path if source is None else source
    try:
        with open_image(opened) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise _too_large(path, f"{width} x {height} pixels", max_pixels)
            orientation = orientation_of(image, opened) if apply_orientation else 1
            if at_least is not None and image.format in ("JPEG", "MPO"):
                image.draft(None, (at_least, at_least))
            with _TURNS if image.width * image.height > LARGE else nullcontext():
                image.load()
                profile = image.info.get("icc_profile") if apply_profile else None
                upright = turned(_to_rgb(image, path, profile), orientation)
                pixels = np.array(upright, dtype=np.uint8)
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
    sideways = orientation in SIDEWAYS
    return DecodedImage(pixels, height if sideways else width, width if sideways else height)


def squash(pixels: Pixels, size: int, resize: Resize = "bilinear") -> Pixels:
    """Squash an image to a square, without keeping its aspect ratio.

    ``bilinear`` looks at the four nearest pixels only (half-pixel centres), as OpenCV's ``INTER_LINEAR`` and the
    published training code of BLG-PIAA do; ``antialias`` widens that filter when it shrinks; ``bicubic`` is Pillow's,
    which widens too and keeps a score steadiest from a large photograph to a small copy of it.

    Args:
        pixels: ``(height, width, 3)``, 0..255.
        size: side of the square in pixels.
        resize: which of these ways.

    Returns:
        ``(3, size, size)``, 0..255.
    """
    check_resize(resize)
    if resize == "bicubic":
        small = Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC)
        return np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1))
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
        UserError: it is none of those that `squash` knows.
    """
    if resize not in get_args(Resize):
        raise UserError(f"resize={resize} is unknown; choose one of {', '.join(get_args(Resize))}.")


def _too_large(path: Path, what: str, max_pixels: int) -> UserError:
    return UserError(f"{path}: {what}, above the limit of {max_pixels}; make the image smaller or remove it.")


def _to_rgb(image: Image.Image, path: Path, profile: bytes | None) -> Image.Image:
    """Convert any of Pillow's modes to RGB, in sRGB if there is a profile."""
    if image.mode.startswith("I"):
        return to_srgb(_from_16_bit(image, path), profile).convert("RGB")
    if image.mode in ("F", "LAB"):
        raise UserError(f"{path}: pixels of kind {image.mode} have no 8-bit form; save the image as 8-bit RGB.")
    if image.has_transparency_data:
        return _over_white(image, profile)
    plain = image if image.mode in ("RGB", "L", "CMYK") else image.convert("RGB")
    return to_srgb(plain, profile).convert("RGB")


def _over_white(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Lay a transparent image over white, a strip at a time: seven copies of a whole one would be gigabytes."""
    result = Image.new("RGB", image.size)
    rows = max(1, STRIP // max(1, image.width))
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if "transparency" in image.info:
            strip.info["transparency"] = image.info["transparency"]
        colours = strip.convert("RGBA")
        opaque = to_srgb(colours.convert("RGB"), profile)
        white = Image.new("RGBA", colours.size, "white")
        colours = Image.merge("RGBA", (*opaque.split(), colours.getchannel("A")))
        result.paste(Image.alpha_composite(white, colours).convert("RGB"), (0, top))
    return result


def _from_16_bit(image: Image.Image, path: Path) -> Image.Image:
    """Scale 0..65535 to 0..255; Pillow's own conversion would clip at 255."""
    values = np.asarray(image).astype(np.int64)
    if values.size and not (values.min() >= 0 and values.max() <= 65535):
        raise UserError(f"{path}: 32-bit pixels have no 8-bit form; save the image as 8-bit RGB.")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))
