"""Images that the page asks for: large copies, and maps of what a score depends on."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from piaa_lightning.explain.gradient_map import gradient_map
from piaa_lightning.photos.opening import open_photo
from piaa_lightning.web.session import Session

LARGE = 1600
GLOW = (255, 196, 0)


def large_copy(session: Session, digest: str) -> bytes:
    """Return an image as a JPEG of at most 1600 pixels, without anything that its file says besides."""
    photo = open_photo(session.path_of(digest), LARGE // 2, session.uploads.limits.pixels)
    image = Image.fromarray(photo.pixels)
    image.thumbnail((LARGE, LARGE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    file = io.BytesIO()
    image.save(file, "jpeg", quality=88)
    return file.getvalue()


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
