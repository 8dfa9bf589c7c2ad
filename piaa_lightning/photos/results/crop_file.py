"""Writing a crop of a photograph: its colours as the file has them, with their profile, and what its EXIF says."""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image

from piaa_lightning.data.images.formats import open_image
from piaa_lightning.data.images.orientation import TAG, orientation_of, turned
from piaa_lightning.photos.images.opening import open_photo, photo_source
from piaa_lightning.photos.results.crops import Crop
from piaa_lightning.runtime.files.atomic import replacing

QUALITY = 92


def write_crop(photo: Path, crop: Crop, target: Path) -> None:
    """Cut a crop out of a photograph at its full size and write it as a JPEG; the photograph is only read.

    Colours stay in the photograph's own space where a JPEG can hold them (RGB and grey, 8 bits): nothing is lost, and
    its profile goes along. Others are written as sRGB. EXIF goes along but for the orientation: a crop is upright.

    Args:
        photo: the file.
        crop: which part of it.
        target: where the crop goes; it replaces what is there once it is complete.

    Raises:
        UserError: the photograph cannot be read.
        OSError: the crop cannot be written.
    """
    shown = open_photo(photo)  # which says in a sentence why a file cannot be read
    with photo_source(photo) as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_image(source) as image:
            orientation, profile = orientation_of(image, source), image.info.get("icc_profile")
            image.load()
            exif = _exif(image)
            if image.mode in ("RGB", "L") and not image.has_transparency_data:
                whole = turned(image, orientation)
            else:
                whole, profile = Image.fromarray(shown.pixels), None
            cut = whole.crop(crop.pixels(*whole.size))
    told = {"exif": exif} | ({"icc_profile": profile} if profile else {})
    with replacing(target) as file:
        cut.save(file, "jpeg", quality=QUALITY, **told)


def _exif(image: Image.Image) -> bytes:
    """Return what EXIF says, without orientation and without the small picture of the whole that cameras add."""
    try:
        exif = image.getexif()
        exif.pop(TAG, None)
        return exif.tobytes()
    except Exception:  # whatever a broken EXIF block makes Pillow raise: then the crop has none
        return b""
