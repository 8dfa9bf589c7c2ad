"""A user's ratings of images: from a csv file, or the stars that other programs gave."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.data.ratings import Scale
from piaa_lightning.errors import UserError
from piaa_lightning.photos.stars import read_stars

IMAGE, STARS_GIVEN, SCORE = "image", "stars", "score"
PREDICTED = {"generic", "generic_score", "uncertainty", "rank", "generic_rank"}  # columns of what was predicted
STARS = Scale(1, 5)


@dataclass(frozen=True)
class Ratings:
    """What a user said of images.

    Args:
        scores: on the scale, by path below the folder.
        scale: the worst and the best score that could be given.
        missing: names in the list that are no image of the folder.
    """

    scores: dict[str, float]
    scale: Scale
    missing: list[str]


def read_ratings(source: str, root: Path, files: Sequence[str], scale: Scale = STARS) -> Ratings:
    """Read a user's ratings.

    Args:
        source: a csv file with the columns ``image`` (a path below the folder, or a name that occurs there once) and
            ``score`` or ``stars``, of which the last line of an image counts; or ``stars`` for EXIF's and XMP's. Where
            both columns are there, as in a ``ranking.csv``, only the stars were given by the user, and lines without
            any are passed over.
        root: the folder of images.
        files: its images.
        scale: of the csv file's scores; stars are 1 to 5.

    Raises:
        UserError: the file cannot be read, a score is none, or there is no rating of any image of the folder.
    """
    if source == "stars":
        scores = read_stars(root, files)
        if not scores:
            raise UserError(
                f"ratings=stars: none of the {len(files)} photographs in {root} has stars in its EXIF or XMP data; rate"
                " some in your photo program, or give a csv file with the columns image,score."
            )
        return Ratings(scores, STARS, [])
    path = Path(source).expanduser()
    scores, missing = {}, []
    known = _names(files)
    for number, name, score in _lines(path):
        if not scale.low <= score <= scale.high:
            raise UserError(
                f"{path}, line {number}: the score {score:g} is outside {scale.low:g} to {scale.high:g}; correct it, or"
                " say which scale it is with rating_scale=[LOW,HIGH]."
            )
        file = known.get(name.removeprefix("./"))
        if file is None:
            missing.append(name)
        else:
            scores[file] = score
    if not scores:
        first = f", the first of {len(missing)} is {missing[0]}" if missing else ""
        raise UserError(f"{path}: rates no photograph that lies in {root}{first}; names are paths below the folder.")
    return Ratings(scores, scale, missing)


def equal_note(scores: Sequence[float]) -> str:
    """Return a sentence where several ratings are all equal, which says little; otherwise nothing.

    A camera or a program may have written them into every file.
    """
    if len(scores) < 2 or len(set(scores)) > 1:
        return ""
    return (
        f"All {len(scores)} ratings are {scores[0]:g}: what is learnt is what these photographs have in common; if that"
        " is not what you meant, rate some better or worse than the others."
    )


def _names(files: Sequence[str]) -> dict[str, str]:
    """Map paths, and names that occur once, to paths."""
    names: dict[str, list[str]] = {}
    for file in files:
        names.setdefault(file.rsplit("/", 1)[-1], []).append(file)
    return {**{name: found[0] for name, found in names.items() if len(found) == 1}, **{file: file for file in files}}


def _lines(path: Path) -> list[tuple[int, str, float]]:
    """Return line number, name and score of every line."""
    lines = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            given = _column(path, [(name or "").strip() for name in reader.fieldnames or ()])
            reader.fieldnames = [(name or "").strip() for name in reader.fieldnames or ()]
            for line in reader:
                if None in line:
                    raise UserError(
                        f"{path}, line {reader.line_num}: it has more values than the first line names; put names and"
                        " numbers with a comma into quotes."
                    )
                said = (line[given] or "").strip()
                if said or given != STARS_GIVEN:
                    lines.append((reader.line_num, (line[IMAGE] or "").strip(), _score(said, path, reader.line_num)))
    except FileNotFoundError as error:
        raise UserError(
            f"ratings={path}: there is no such file; give a csv file with the columns image,score, or ratings=stars."
        ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"ratings={path}: cannot be read as a csv file in UTF-8 ({error}); save it as one.") from error
    return lines


def _column(path: Path, names: Sequence[str]) -> str:
    """Return the column that holds what the user said.

    Raises:
        UserError: there is none.
    """
    if IMAGE in names and STARS_GIVEN in names:
        return STARS_GIVEN
    if IMAGE in names and SCORE in names:
        if predicted := sorted(PREDICTED & set(names)):
            raise UserError(
                f"{path}: its scores were predicted (it has the column {predicted[0]}) and are nobody's ratings; give a"
                " file with the columns image,stars."
            )
        return SCORE
    has = ", ".join(names) or "nothing"
    other = "; separate them by commas" if len(names) == 1 and any(sign in has for sign in ";\t|") else ""
    raise UserError(f"{path}: the first line must name the columns image,score; it has {has}{other}.")


def _score(text: str | None, path: Path, number: int) -> float:
    try:
        score = float(text or "")
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise UserError(f"{path}, line {number}: the score '{text or ''}' is no number; correct or remove the line.")
    return score
