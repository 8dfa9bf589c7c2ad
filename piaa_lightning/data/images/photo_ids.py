"""Identify an image across databases and files."""

from __future__ import annotations

import re
from collections.abc import Iterable

# farm<F>_<server>_<photo id>_<secret>[_<size>].jpg, as FLICKR-AES and AADB keep the names that Flickr gave
FLICKR_NAME = re.compile(r"(?:^|[/_])farm\d+_\d+_(\d+)_[0-9a-f]+(?:_[a-z])?\.\w+$")
# EVA took its images from AVA, and AVA its own from DPChallenge; both call an image by DPChallenge's number.
NUMBERED = ("ava", "eva")
NUMBER_NAME = re.compile(r"(?:^|/)(\d+)\.\w+$")


def photo_ids(database: str, image_files: Iterable[str]) -> list[str]:
    """Return an id for each image that is the same in every database which holds this image.

    Args:
        database: the database's name; what follows a comma (``ava, embedded demo``) does not matter.
        image_files: paths, with ``/`` between directories.

    Returns:
        ``flickr:<photo id>``, ``dpchallenge:<number>``, or nothing (``""``) where the name does not tell.
    """
    numbered = database.split(",")[0] in NUMBERED
    return [_flickr(file) or (_dpchallenge(file) if numbered else "") for file in image_files]


def _flickr(file: str) -> str:
    found = FLICKR_NAME.search(file)
    return f"flickr:{found[1]}" if found else ""


def _dpchallenge(file: str) -> str:
    found = NUMBER_NAME.search(file)
    return f"dpchallenge:{found[1]}" if found else ""
