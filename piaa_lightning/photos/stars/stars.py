"""Stars that other programs gave images: EXIF's Rating, XMP's in the file or in a side-car beside it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from piaa_lightning.data.images.formats import open_image
from piaa_lightning.photos.images.opening import learn_heif
from piaa_lightning.photos.images.suffixes import HEIF, RAW, SUFFIXES
from piaa_lightning.photos.stars.xmp_stars import MAX_PACKET, read_xmp, stars_of_percent

EXIF_RATING, EXIF_PERCENT, TIFF_XMP = 0x4746, 0x4749, 700
REJECTED = -1.0
# Whose side-car `name.xmp` is, where several images are called so and it does not say: raw files cannot hold stars
# themselves, so that programs write side-cars for them alone.
FIRST = (RAW, HEIF, {".jpg", ".jpeg", ".jpe"}, {".tif", ".tiff"}, SUFFIXES)


def read_stars(root: Path, files: Sequence[str]) -> dict[str, float]:
    """Return the stars of those images that have any, from 1 to 5.

    A side-car counts more than the file, since programs that write one leave the file alone; one that says 0 says that
    the image has none. Rejected images (XMP's -1) count as one star.

    Args:
        root: the directory that ``files`` are relative to.
        files: paths of the images.
    """
    found, beside = {}, {directory: Beside(directory) for directory in {(root / file).parent for file in files}}
    for file in files:
        stars = stars_of(root / file, beside[(root / file).parent])
        if stars is not None:
            found[file] = stars
    return found


def stars_of(path: Path, beside: Beside | None = None) -> float | None:
    """Return an image's stars from 1 to 5; None where nobody gave it any, or the entry makes no sense.

    Args:
        path: of the image.
        beside: what lies in its directory, where that is known.
    """
    given = (beside or Beside(path.parent)).rating(path.name)
    if given is None:
        given = _inside(path)
    if given == REJECTED:
        return 1.0
    return given if given is not None and 1 <= given <= 5 else None


class Beside:
    """Side-cars of a directory: ``name.ext.xmp`` of one image, ``name.xmp`` of one of those that are called so.

    Letters may be large or small. What a side-car says of itself (``photoshop:SidecarForExtension``,
    ``crs:RawFileName``) counts before what it is called.

    Args:
        directory: that holds them.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        try:
            there = sorted(os.listdir(self.directory))
        except OSError:  # an image without a directory that may be listed has no side-car
            return names
        for name in there:
            names.setdefault(name.casefold(), []).append(name)
        return names

    def rating(self, name: str) -> float | None:
        """Return what side-cars say of an image; None where there is none, or none says anything of it."""
        stem = name.rpartition(".")[0]
        for wanted, whole in ((f"{name}.xmp", True), (f"{stem}.xmp", False)):
            # the same letters first: where a system tells cases apart, they are of two images
            alike = self._names.get(wanted.casefold(), [])
            exact = [side_car for side_car in alike if side_car[:-4] == wanted[:-4]]
            for side_car in (exact or alike)[:1]:
                given = self._rating(self.directory / side_car, name, whole)
                if given is not None:
                    return given
        return None

    def _rating(self, side_car: Path, name: str, whole: bool) -> float | None:
        try:
            if not side_car.is_file() or side_car.stat().st_size > MAX_PACKET:
                return None
            said = read_xmp(side_car.read_bytes())
        except OSError:  # unreadable, or gone meanwhile
            return None
        if said.raw_name and said.raw_name.casefold() != name.casefold():
            return None
        if said.extension and said.extension != name.rpartition(".")[2].casefold():
            return None
        named = whole or said.raw_name or said.extension
        return said.rating if named or self._owner(name) else None

    def _owner(self, name: str) -> bool:
        """Say whether ``name.xmp`` is of this image and not of another with the same name and another ending."""
        stem, _, ending = name.casefold().rpartition(".")
        endings = {found.rpartition(".")[2] for found in self._names if found.rpartition(".")[0] == stem}
        kinds = [kind for kind in FIRST if any(f".{one}" in kind for one in endings)]
        return not kinds or f".{ending}" in kinds[0]


def _inside(path: Path) -> float | None:
    try:
        if not path.is_file():  # a pipe's end would never come
            return None
        if path.suffix.lower() in HEIF:
            learn_heif(path)
        with warnings.catch_warnings(), open_image(path) as image:
            warnings.simplefilter("ignore")
            packet = image.info.get("xmp") or b""
            if path.suffix.lower() in RAW:  # most are TIFF files, and DNG holds stars as one
                packet = getattr(image, "tag_v2", {}).get(TIFF_XMP) or packet
            packet = packet.encode() if isinstance(packet, str) else bytes(packet)
            given = read_xmp(packet).rating if len(packet) <= MAX_PACKET else None
            exif = image.getexif()
            if given is None and EXIF_RATING in exif:
                given = _number(exif[EXIF_RATING])
            return stars_of_percent(exif.get(EXIF_PERCENT)) if given is None else given
    except Exception:  # whatever a damaged file makes Pillow raise: then it has no stars
        return None


def _number(given: object) -> float | None:
    try:
        return float(str(given))
    except ValueError:
        return None
