"""Anybody's own ratings: a csv of user, image and score beside a directory of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Indices, RatingTable, Scale, Scores
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble, indices_of
from piaa_lightning.errors import UserError

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
    delimiter: str = ",",
    max_missing: float = 0.01,
    name: str = "ratings_csv",
) -> RatingTable:
    """Read a csv of ratings, and optionally what is known of the users and of the images.

    NOTE: give ``scale`` explicitly. Without it the range is the smallest and greatest score in the file, and the
    range of a sample can be narrower than the scale users rated on.

    Args:
        root: the directory that everything else is relative to.
        ratings: the csv of ratings, one a line.
        images: the directory that the names of images are relative to.
        columns: what the columns ``user``, ``image`` and ``score`` are called in the csv, where they differ.
        scale: worst and best score possible.
        users: a csv of users; its numeric columns become traits, other columns are ignored.
        images_table: a csv of images.
        image_group: a column of that table; its values become image lists called ``<column>=<value>``.
        delimiter: what separates the fields of the three tables, one character.
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
    rated = pd.DataFrame(
        {
            "user": files.ids(frame[called["user"]], source),
            "image": files.names(frame[called["image"]], source),
            "score": files.numbers(frame[called["score"]], source, limits.low, limits.high),
        }
    )
    folder = files.find(root, [images], directory=True)
    before = files.below(root, folder)
    on_disk = {path: before + path for path in files.images(folder)}
    table = assemble(name, root, rated, on_disk, limits, source, max_missing)
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
        if len(scale) != 2:
            raise UserError(f"scale={list(scale)} must be the worst and the best score possible, for instance [1, 5].")
        return Scale(float(scale[0]), float(scale[1]))
    values = files.numbers(score, source)
    if values.min() == values.max():
        raise UserError(f"{source}: every score is {values.min():g}; give the scale users rated on, as scale=[1,5].")
    return Scale(float(values.min()), float(values.max()))


def _traits(path: Path, user_column: str, table: RatingTable, delimiter: str) -> tuple[Scores, tuple[str, ...]]:
    frame = files.read_csv(path, delimiter=delimiter)
    key = user_column if user_column in frame else frame.columns[0]
    users = files.unique_ids(frame[key], path)
    numeric = {}
    for column in frame.columns.drop(key):
        filled = ~frame[column].str.lower().isin(["", "na", "nan"])
        values = pd.to_numeric(frame[column].where(filled), errors="coerce")
        if filled.any() and bool(np.isfinite(values[filled]).all()):
            numeric[column] = values.to_numpy(dtype=np.float64)
    traits = pd.DataFrame(numeric, index=pd.Index(users)).reindex(table.user_ids)
    return traits.to_numpy(dtype=np.float32), tuple(str(column) for column in traits.columns)


def _groups(path: Path, group: str, image_column: str, table: RatingTable, delimiter: str) -> dict[str, Indices]:
    frame = files.read_csv(path, [group], delimiter)
    rated = set(table.image_ids.tolist())
    keys = [image_column] if image_column in frame else list(frame.columns)
    for key in keys:
        if frame[key].isin(rated).any():
            members = frame[frame[group] != ""].groupby(group)[key]
            return {f"{group}={value}": indices_of(names, table.image_ids) for value, names in members}
    raise UserError(f"{path}: no column holds the names of rated images; add a column {image_column} with them.")
