"""Anybody's own ratings: a csv of user, image and score beside a directory of images."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.images.file_names import in_another_case, plain
from piaa_lightning.data.ratings import Indices, RatingTable, Scale, Scores
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble, indices_of
from piaa_lightning.errors import UserError

log = logging.getLogger(__name__)

UNKNOWN = ("", "na", "nan")  # of a trait, in any case
COLUMNS = {"user": "user", "image": "image", "score": "score"}


def read(
    root: Path | str,
    ratings: str = "ratings.csv",
    images: str = "images",
    columns: Mapping[str, str] | None = None,
    scale: Sequence[float] | None = None,
    users: str | None = None,
    images_table: str | None = None,
    image_group: str | None = None,
    delimiter: str | None = None,
    max_missing: float = 0.01,
    name: str = "ratings_csv",
) -> RatingTable:
    """Read a csv of ratings, and optionally what is known of the users and of the images.

    Of several ratings of one image by one user the last counts, as in a list that somebody went on with. Names of
    images are compared as people read them, see `file_names`; where one file alone differs in case, it is meant.

    NOTE: give ``scale`` explicitly. Without it the range is the smallest and greatest score in the file, and the
    range of a sample can be narrower than the scale users rated on.

    Args:
        root: the directory that everything else is relative to.
        ratings: the csv of ratings, one a line.
        images: the directory that the names of images are relative to.
        columns: what the columns ``user``, ``image`` and ``score`` are called in the csv, where they differ.
        scale: worst and best score possible.
        users: a csv of users; its columns of numbers become traits, columns of words are left out and named. A column
            of numbers with a few words in it is refused: blank, NA and nan are what is not known.
        images_table: a csv of images.
        image_group: a column of that table; its values become image lists called ``<column>=<value>``.
        delimiter: what separates the fields of the three tables, one character; None takes the one of comma, semicolon
            and tab with which the header has the columns.
        max_missing: greatest share of rated images that may be absent from disk, 0..1.
        name: what the database is called in tables and figures.

    Returns:
        The ratings; ``traits`` ``(users, traits)`` in their own units where ``users`` is given.

    Raises:
        UserError: a file or a column is absent, a score is outside the scale, or too many images are missing.
    """
    root = Path(root)
    called = _column_names(columns)
    source = files.find(root, [ratings])
    frame = files.read_csv(source, list(called.values()), delimiter)
    limits = _scale(frame[called["score"]], source, scale)
    folder = files.find(root, [images], directory=True)
    on_disk = files.on_disk(folder, files.below(root, folder))
    image = files.names(frame[called["image"]], source)
    rated = pd.DataFrame(
        {
            "user": files.ids(frame[called["user"]], source),
            "image": image.replace(in_another_case(image.unique(), on_disk)),
            "score": files.numbers(frame[called["score"]], source, limits.least, limits.greatest),
        }
    )
    table = assemble(name, root, rated, on_disk, limits, source, max_missing, of_doubled="last")
    if users is not None:
        traits, trait_names = _traits(files.find(root, [users]), called["user"], table, delimiter)
        table = replace(table, traits=traits, trait_names=trait_names)
    if image_group is not None:
        if images_table is None:
            raise UserError(f"image_group={image_group} needs images_table, the csv in {root} that has this column.")
        groups = _groups(files.find(root, [images_table]), image_group, called["image"], table, delimiter)
        table = replace(table, image_lists=groups)
    return table


def _column_names(columns: Mapping[str, str] | None) -> dict[str, str]:
    unknown = set(columns or {}) - set(COLUMNS)
    if unknown:
        raise UserError(f"columns names {', '.join(sorted(unknown))}; only user, image and score can be renamed.")
    return {**COLUMNS, **(columns or {})}


def _scale(score: pd.Series[str], source: Path, scale: Sequence[float] | None) -> Scale:
    if scale is not None:
        return Scale.of(scale)
    values = files.numbers(score, source)
    if values.min() == values.max():
        raise UserError(f"{source}: every score is {values.min():g}; give the scale users rated on, as scale=[1,5].")
    return Scale(float(values.min()), float(values.max()))


def _traits(path: Path, user_column: str, table: RatingTable, delimiter: str | None) -> tuple[Scores, tuple[str, ...]]:
    frame = files.read_csv(path, (), delimiter)
    key = user_column if user_column in frame else frame.columns[0]
    users = files.unique_ids(frame[key], path)
    numeric, words = {}, []
    for column in frame.columns.drop(key):
        filled = ~frame[column].str.lower().isin(UNKNOWN).to_numpy(dtype=bool)
        values = pd.to_numeric(frame[column].where(filled), errors="coerce").to_numpy(dtype=np.float64)
        numbers = filled & np.isfinite(values)
        if numbers.any() and 2 * numbers.sum() >= filled.sum():  # a column of numbers
            odd = filled & ~numbers
            files.refuse(
                frame[column], odd, path, "is no number, as most of this column are; correct it or leave it blank"
            )
            numeric[column] = values
        elif filled.any():
            words.append(str(column))
    if words:
        log.info("%s: columns of words are no traits and are left out: %s", path, files.shown(", ".join(words)))
    strangers = int((~users.isin(table.user_ids)).sum())
    unknown = int((~pd.Index(table.user_ids).isin(users)).sum())
    if strangers or unknown:
        log.warning("%s: %d users in it rated nothing; %d who did are not in it", path, strangers, unknown)
    traits = pd.DataFrame(numeric, index=pd.Index(users)).reindex(table.user_ids)
    return traits.to_numpy(dtype=np.float32), tuple(str(column) for column in traits.columns)


def _groups(path: Path, group: str, image_column: str, table: RatingTable, delimiter: str | None) -> dict[str, Indices]:
    frame = files.read_csv(path, [group], delimiter)
    rated = set(table.image_ids.tolist())
    for key in [image_column] if image_column in frame else list(frame.columns):
        called = frame[key].map(plain)
        called = called.replace(in_another_case(called.unique(), rated))
        if called.isin(rated).any():
            without = len(rated - set(called[frame[group] != ""]))
            if without:
                log.warning("%s: %d of the %d rated images have no %s in it", path, without, len(rated), group)
            members = called[frame[group] != ""].groupby(frame[group])
            return {f"{group}={value}": indices_of(names, table.image_ids) for value, names in members}
    raise UserError(f"{path}: no column holds the names of rated images; add a column {image_column} with them.")
