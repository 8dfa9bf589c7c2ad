"""Colour profiles: from what a camera or a program wrote into a file to sRGB, which networks and screens expect."""

from __future__ import annotations

import hashlib
import io
import logging
import threading

from PIL import Image, ImageCms

log = logging.getLogger(__name__)

PROFILED = ("RGB", "L", "CMYK")  # modes that a profile can speak of
KEPT = 16  # transforms that are kept for the next image; one camera has one profile

_lock = threading.Lock()
_transforms: dict[tuple[str, str], ImageCms.ImageCmsTransform | None] = {}


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Turn an image's colours into sRGB, as its profile (Display-P3, Adobe RGB, ProPhoto, a printer's CMYK) says.

    Perceptual intent, as viewers do. A profile that is broken, or speaks of other pixels, is told of once in the log
    and left out.

    Args:
        image: of mode RGB, L or CMYK; any other mode is returned as it is.
        profile: the ICC profile; None, or one of sRGB, changes nothing.

    Returns:
        RGB where a profile was applied, otherwise the image.
    """
    if not profile or image.mode not in PROFILED:
        return image
    key = (hashlib.sha256(profile).hexdigest(), image.mode)
    with _lock:
        if key not in _transforms:
            while len(_transforms) >= KEPT:
                _transforms.pop(next(iter(_transforms)))
            _transforms[key] = _transform(profile, image.mode)
        transform = _transforms[key]
    if transform is None:
        return image
    converted = ImageCms.applyTransform(image, transform)
    return image if converted is None else converted


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build a transform; None where the profile is sRGB's, or none that fits."""
    try:
        opened = ImageCms.getOpenProfile(io.BytesIO(profile))
        if mode == "RGB" and "srgb" in ImageCms.getProfileDescription(opened).lower():
            return None
        target = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(opened, target, mode, "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        reason = str(error).strip() or type(error).__name__
        log.warning("A colour profile cannot be used (%s); images that carry it are read as sRGB.", reason)
        return None
