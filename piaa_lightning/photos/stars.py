"""Stars that other programs gave images: EXIF's Rating, XMP's in the file or in a side-car beside it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from piaa_lightning.data.images.formats import open_image
from piaa_lightning.photos.opening import learn_heif
from piaa_lightning.photos.suffixes import HEIF, RAW

EXIF_RATING = 0x4746
XMP_RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
WRITTEN = "{https://piaa-lightning.invalid/xmp/1/}Written"  # the rating that this program wrote
PREDICTED = "{https://piaa-lightning.invalid/xmp/1/}Predicted"  # the score that it guessed, where nobody said it
MAX_SIDE_CAR = 4 * 2**20
REJECTED = -1.0


def read_stars(root: Path, files: Sequence[str]) -> dict[str, float]:
    """Return the stars of those images that have any, from 1 to 5.

    A side-car counts more than the file, since programs that write one leave the file alone. Rejected images
    (XMP's -1) count as one star.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of the images.
    """
    found = {}
    for file in files:
        stars = stars_of(root / file)
        if stars is not None:
            found[file] = stars
    return found


def stars_of(path: Path) -> float | None:
    """Return an image's stars from 1 to 5; None where nobody gave it any, or the entry makes no sense."""
    for given in (_side_car(path), _inside(path)):
        if given == REJECTED:
            return 1.0
        if given is not None and 1 <= given <= 5:
            return given
    return None


def _side_car(path: Path) -> float | None:
    for beside in (path.with_name(f"{path.name}.xmp"), path.with_suffix(".xmp"), path.with_suffix(".XMP")):
        if beside.is_file() and beside.stat().st_size <= MAX_SIDE_CAR:
            return xmp_rating(beside.read_bytes())
    return None


def _inside(path: Path) -> float | None:
    if path.suffix.lower() in RAW:
        return None
    try:
        if path.suffix.lower() in HEIF:
            learn_heif(path)
        with warnings.catch_warnings(), open_image(path) as image:
            warnings.simplefilter("ignore")
            packet = image.info.get("xmp") or b""
            packet = packet.encode() if isinstance(packet, str) else packet
            given = xmp_rating(packet) if len(packet) <= MAX_SIDE_CAR else None
            return _number(image.getexif().get(EXIF_RATING)) if given is None else given
    except Exception:  # whatever a damaged file makes Pillow raise: then it has no stars
        return None


def xmp_rating(packet: bytes) -> float | None:
    """Return ``xmp:Rating`` of an XMP packet; None where there is none, or the packet cannot be read.

    NOTE: a packet that declares a document type or entities is not read: XMP has none, attacks on parsers do.
    """
    text = packet.strip(b"\0 \t\r\n\xef\xbb\xbf")
    if not text or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        return None
    try:
        tree = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError):  # damaged, or in an unknown encoding
        return None
    for element in tree.iter():
        given = element.text if element.tag == XMP_RATING else element.get(XMP_RATING)
        if given is not None:
            return None if _predicted(tree, given) else _number(given)
    return None


def _predicted(tree: ElementTree.Element, given: str) -> bool:
    """Say whether a rating is a guess that `piaa write` wrote and nobody has changed: it is no star."""
    told = [(element.get(PREDICTED), element.get(WRITTEN)) for element in tree.iter()]
    return any(guess and written == given for guess, written in told)


def _number(given: object) -> float | None:
    try:
        return float(str(given))
    except ValueError:
        return None
