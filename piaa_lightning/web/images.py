"""Images that the page asks for: large copies, and maps of what a score depends on."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from piaa_lightning.errors import UserError
from piaa_lightning.explain.gradient_map import gradient_map
from piaa_lightning.photos.images.opening import open_photo
from piaa_lightning.photos.results.cover_picture import TILE, cover_picture
from piaa_lightning.photos.results.crop_file import write_crop
from piaa_lightning.photos.results.crops import Crop, shape_of, small_copy
from piaa_lightning.runtime.terminal import printable
from piaa_lightning.web.session import Session

LARGE, WHOLE = 1600, 8000
ON_COVER = 60  # photographs
GLOW = (255, 196, 0)


def large_copy(session: Session, digest: str, side: int = LARGE) -> bytes:
    """Return an image as a JPEG of at most so many pixels a side, without anything that its file says besides."""
    photo = open_photo(session.path_of(digest), side // 2, session.uploads.limits.pixels)
    image = Image.fromarray(photo.pixels)
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "jpeg", quality=88)
    return file.getvalue()


def cut_image(session: Session, digest: str, shape: str, box: str) -> tuple[bytes, str]:
    """Return a crop of an image at its full size, with its profile and EXIF, and a name for it.

    Args:
        session: the visitor's.
        digest: of the image.
        shape: for instance ``16:9``.
        box: left, upper, right and lower edge as shares of the sides, with commas.

    Raises:
        UserError: there is no such image, or no such part of it.
    """
    path = session.path_of(digest)
    try:
        left, upper, right, lower = (float(edge) for edge in box.split(","))
        if not (0 <= left < right <= 1.0001 and 0 <= upper < lower <= 1.0001):
            raise ValueError
    except ValueError as error:
        raise UserError("This is no part of a photograph.") from error
    shape_of(shape)
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "crop.jpg"
        write_crop(path, Crop(shape, (left, upper, min(right, 1.0), min(lower, 1.0)), 0.0), made)
        shown = printable(session.name_of(digest)).rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return made.read_bytes(), f"{shown}_{shape.replace(':', 'x')}.jpg"


def cover_image(session: Session, digests: Sequence[str]) -> bytes:
    """Return a cover as one JPEG, see `cover_picture`.

    Args:
        session: the visitor's.
        digests: of the photographs on it, in their order.

    Raises:
        UserError: there are none or too many, or one of them is not here.
    """
    if not 1 <= len(digests) <= ON_COVER:
        raise UserError(f"A cover holds 1 to {ON_COVER} photographs.")
    pixels = [open_photo(session.path_of(one), TILE, session.uploads.limits.pixels).pixels for one in digests]
    return cover_picture([small_copy(one, TILE) for one in pixels])


def map_image(session: Session, user: str, digest: str) -> bytes:
    """Return a see-through PNG that glows where a change would change the user's score most."""
    networks, personal = session.prior.networks, session.view(user).personal
    pixels = open_photo(session.path_of(digest), 2 * networks.size, session.uploads.limits.pixels).pixels
    (shown,) = gradient_map(lambda images: personal.score(networks.follow(images)), networks.prepare(pixels))
    strongest = shown.flatten().quantile(0.98).clamp_min(torch.finfo(shown.dtype).tiny)
    # from a veil over what does not matter to a faint glow over what does
    strength = (shown / strongest).clamp(0, 1).numpy()[..., None]
    veil, glow = np.array([14, 14, 20, 215.0]), np.array([*GLOW, 40.0])
    colours = ((1 - strength) * veil + strength * glow).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(colours).save(file, "png")
    return file.getvalue()
