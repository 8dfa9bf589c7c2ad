"""A user's ratings of images: from a csv file, or the stars that other programs gave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from piaa_lightning.data.images.file_names import as_named, in_another_case, plain
from piaa_lightning.data.ratings import Scale
from piaa_lightning.data.readers.files import ids, numbers, read_csv, shown
from piaa_lightning.errors import UserError
from piaa_lightning.photos.stars.stars import read_stars

IMAGE, STARS_GIVEN, SCORE = "image", "stars", "score"
PREDICTED = {"generic", "generic_score", "uncertainty", "rank", "generic_rank"}  # columns of what was predicted
STARS = Scale(1, 5)
ALL_ALIKE = 5  # photographs from which on equal stars in every one are taken for a camera's


@dataclass(frozen=True)
class Ratings:
    """What a user said of images.

    Args:
        scores: on the scale, by path below the folder.
        scale: the worst and the best score that could be given.
        missing: names in the list that are no image of the folder.
        doubled: lines that a later line on the same image replaced by another score.
    """

    scores: dict[str, float]
    scale: Scale
    missing: list[str]
    doubled: int = 0


def read_ratings(source: str, root: Path, files: Sequence[str], scale: Scale = STARS) -> Ratings:
    """Read a user's ratings.

    Args:
        source: a csv file with the columns ``image`` (a path below the folder, or a name that occurs there once) and
            ``score`` or ``stars``, read by the rules of research's tables (`readers.files`), of which the last line of
            an image counts; or ``stars`` for EXIF's and XMP's. Where both columns are there, as in a ``ranking.csv``,
            only the stars were given by the user, and lines without any are passed over.
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
        if len(scores) == len(files) >= ALL_ALIKE and len(set(scores.values())) == 1:
            raise UserError(
                f"ratings=stars: every one of the {len(files)} photographs in {root} has the same"
                f" {next(iter(scores.values())):g} stars, as some cameras write them; rate some better or worse in your"
                " photo program, or give a csv file with the columns image,score."
            )
        return Ratings(scores, STARS, [])
    path = Path(source).expanduser()
    scores, missing, doubled = {}, [], 0
    lines = _lines(path)
    known = _meant({name for _, name, _ in lines}, files)
    for number, name, score in lines:
        if not scale.least <= score <= scale.greatest:
            raise UserError(
                f"{path}, line {number}: the score {score:g} is outside {scale.low:g} to {scale.high:g}; correct it, or"
                " say which scale it is with rating_scale=[WORST,BEST]."
            )
        if (file := known.get(name)) is None:
            missing.append(name)
        else:
            doubled += scores.get(file, score) != score
            scores[file] = score
    if not scores:
        first = f", the first of {len(missing)} is {missing[0]}" if missing else ""
        raise UserError(f"{path}: rates no photograph that lies in {root}{first}; names are paths below the folder.")
    return Ratings(scores, scale, missing, doubled)


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


def _meant(names: Collection[str], files: Sequence[str]) -> dict[str, str]:
    """Map the names of a list to images: paths, or names that occur once, as people read them."""
    last: dict[str, list[str]] = {}
    for file in files:
        last.setdefault(plain(file.rsplit("/", 1)[-1]), []).append(file)
    once = {name: found[0] for name, found in last.items() if len(found) == 1}
    known = {**once, **as_named(files), **{file: file for file in files}}
    wanted = {name: name if name in known else plain(name) for name in names}
    other = in_another_case(wanted.values(), known)
    found = {name: known.get(other.get(meant, meant)) for name, meant in wanted.items()}
    return {name: file for name, file in found.items() if file is not None}


def _lines(path: Path) -> list[tuple[int, str, float]]:
    """Return line number, name and score of every line."""
    try:
        frame = read_csv(path, delimiter=None) if path.stat().st_size else None
    except FileNotFoundError as error:
        raise UserError(
            f"ratings={path}: there is no such file; give a csv file with the columns image,score, or ratings=stars."
        ) from error
    except OSError as error:
        raise UserError(f"ratings={path}: cannot be read ({error.strerror}); correct its permissions.") from error
    given = _column(path, [] if frame is None else [str(name) for name in frame.columns])
    frame = read_csv(path, [IMAGE, given], delimiter=None)
    frame = frame[frame[given] != ""] if given == STARS_GIVEN else frame
    if frame.empty:
        return []
    names = ids(frame[IMAGE], path)
    scores = numbers(frame[given], path)
    return list(zip(map(int, frame.index), map(str, names), map(float, scores), strict=True))


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
    has = shown(", ".join(names) or "nothing")
    raise UserError(f"{path}: the first line must name the columns image,score; it has {has}.")
