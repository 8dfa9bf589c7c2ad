"""Read from EXIF when a photograph was taken."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path

from piaa_lightning.data.images.formats import open_image
from piaa_lightning.photos.images.opening import photo_source

EXIF, TAKEN, FRACTION = 0x8769, 0x9003, 0x9291


def taken_at(path: Path) -> float | None:
    """Return the seconds at which a photograph was taken, by the camera's clock; None where nothing says so.

    The time of the file is not asked: copying changes it.
    """
    try:
        with photo_source(path) as source, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with open_image(source) as image:
                told = image.getexif().get_ifd(EXIF)
        moment = datetime.strptime(str(told[TAKEN]).strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
        digits = str(told.get(FRACTION, "")).strip("\0 ")
        return moment.timestamp() + (float(f"0.{digits}") if digits.isdigit() else 0.0)
    except Exception:  # whatever a damaged file raises: then nobody knows
        return None
