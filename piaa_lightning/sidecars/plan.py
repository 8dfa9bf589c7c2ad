"""Plan what is written beside which photograph, before anything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.photos.images.suffixes import RAW
from piaa_lightning.photos.stars.stars import stars_of
from piaa_lightning.sidecars.packet import (
    LABEL,
    PREDICTED,
    RATING,
    WRITTEN,
    UnusablePacketError,
    values_of,
    with_values,
)

LONG, SHORT = "IMG.ext.xmp", "IMG.xmp"
LABELS = ("Red", "Yellow", "Green", "Blue", "Purple")
REJECTED = -1
MAX_SIDE_CAR = 4 * 2**20


@dataclass(frozen=True)
class Wish:
    """What is to be said of a photograph.

    Args:
        rating: from 1 to 5, or -1 for rejected.
        predicted: the score where it is the program's guess; None where it is the user's own word.
    """

    rating: int
    predicted: float | None = None


@dataclass(frozen=True)
class Entry:
    """What would be done about a photograph.

    Args:
        photo: its path below the folder.
        side_car: the file that would be written.
        wish: what it would say.
        content: its bytes; None where it stays as it is.
        why: it stays as it is; empty where it says it already or would be written.
    """

    photo: str
    side_car: Path
    wish: Wish
    content: bytes | None = None
    why: str = ""


def plan(
    root: Path, wishes: Mapping[str, Wish], files: Sequence[str], naming: str | None = None, label: str | None = None
) -> list[Entry]:
    """Say what would be written; nothing is.

    A star that is there stays, in the photograph as in the side-car, unless this program wrote it and nobody changed
    it. A side-car goes by the name that it has; a new one is called as its catalogue wants it.

    Args:
        root: the folder.
        wishes: by the photographs' paths below it.
        files: all photographs of the folder.
        naming: ``IMG.ext.xmp``, ``IMG.xmp``, or None for the one that is there, and the first where there is none.
        label: a colour that is written beside each star; a label that is there stays.
    """
    raws = {_stem(file) for file in files if Path(file).suffix.lower() in RAW}
    entries = []
    for photo, wish in wishes.items():
        entries.append(_entry(root, photo, wish, _side_car(root / photo, naming, _stem(photo) in raws), label))
    return _without_quarrels(entries)


def _stem(file: str) -> str:
    return Path(file).with_suffix("").as_posix()


def _side_car(photo: Path, naming: str | None, beside_raw: bool) -> Path:
    long, short = photo.with_name(f"{photo.name}.xmp"), photo.with_suffix(".xmp")
    choices = {LONG: [long], SHORT: [short]}
    # one IMG.xmp beside IMG.nef and IMG.jpg is the raw file's
    shared = beside_raw and photo.suffix.lower() not in RAW
    wanted = choices[naming] if naming else [long] if shared else [long, short]
    for path in wanted:
        for known in (path, path.with_suffix(".XMP")):
            if known.is_file() or known.is_symlink():
                return known
    return wanted[0]


def _entry(root: Path, photo: str, wish: Wish, side_car: Path, label: str | None) -> Entry:
    def stays(why: str) -> Entry:
        return Entry(photo, side_car, wish, None, why)

    try:
        if side_car.is_symlink():
            return stays("the side-car is a link to another file")
        there = side_car.read_bytes() if side_car.is_file() and side_car.stat().st_size <= MAX_SIDE_CAR else b""
        if not there and side_car.exists() and side_car.stat().st_size:
            return stays("the side-car is too large, or no plain file")
        said = values_of(there) if there else {}
        rating = said.get(RATING, "0") or "0"
        ours = WRITTEN in said and said[WRITTEN] == rating
        if rating != "0" and not ours:
            same = rating == str(wish.rating) and wish.predicted is None
            return stays("" if same else f"it has {_stars(rating)} already")
        if not ours and (found := stars_of(root / photo)) is not None and found != wish.rating:
            return stays(f"it has {found:g} stars in the file already")
        values = {RATING: str(wish.rating), WRITTEN: str(wish.rating)}
        if wish.predicted is not None or said.get(PREDICTED):
            values[PREDICTED] = "" if wish.predicted is None else f"{wish.predicted:.2f}"
        if label and not said.get(LABEL):
            values[LABEL] = label
        if all(said.get(name) == value for name, value in values.items()):
            return stays("")
        return Entry(photo, side_car, wish, with_values(there, values))
    except UnusablePacketError as error:
        return stays(f"the side-car is left alone: {error}")
    except OSError as error:
        return stays(f"the side-car cannot be read ({error.strerror})")


def _stars(rating: str) -> str:
    return "a reject" if rating == str(REJECTED) else f"{rating} stars"


def _without_quarrels(entries: Sequence[Entry]) -> list[Entry]:
    """Let one photograph decide where several share a side-car: the raw file, or nobody."""
    shared: dict[Path, list[Entry]] = {}
    for entry in entries:
        shared.setdefault(entry.side_car, []).append(entry)
    found = []
    for entry in entries:
        others = shared[entry.side_car]
        raw = [one for one in others if Path(one.photo).suffix.lower() in RAW]
        decides = others[0] if len({one.wish for one in others}) == 1 else raw[0] if len(raw) == 1 else None
        if entry is decides or entry.content is None:
            found.append(entry)
        else:
            why = "" if decides and decides.wish == entry.wish else "another photograph shares the side-car"
            found.append(Entry(entry.photo, entry.side_car, entry.wish, None, why))
    return found
