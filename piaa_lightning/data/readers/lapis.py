"""LAPIS: 11,723 artworks rated 0 to 100 by 568 users, 283,860 ratings (Maerten et al., CVPR Workshops 2025)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Ids, RatingTable, Scale, Scores
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble, indices_of
from piaa_lightning.data.readers.typed_csv import column_names, read_columns

SCALE = Scale(0, 100)
NESTED = ("annotation/", "")
USER = "participant_id"
INTEREST = tuple(f"VAIAK{n}" for n in range(1, 8)) + tuple(f"2VAIAK{n}" for n in range(1, 5))
TRAITS = ("age", "Art Interest VAIAK", *INTEREST)  # those that the copy has
GROUPS = ("genre", "style")
PUBLISHED_LISTS = {"train": "Train", "val": "Val", "test": "Test"}
IMAGES = ("images", "datasetImages_originalSize")


@dataclass(frozen=True)
class Layout:
    """What one publication calls its file of ratings and two of the columns.

    Args:
        ratings: file name.
        image: column of file names.
        score: column of ratings.
    """

    ratings: str
    image: str
    score: str


LAYOUTS = (
    Layout("LAPIS_PIAA.csv", "image_filename", "rating"),
    Layout("LAPIS_individualratings_metaANDdemodata.csv", "file", "response"),
)


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of LAPIS, as published or in its older layout.

    Source: Maerten, Chen, De Winter, Bossens, Wagemans, "LAPIS: a novel dataset for personalized image aesthetic
    assessment", CVPR Workshops 2025. The older layout writes ``<genre>/<name>`` where all images lie in one
    directory, and lists its images in ``imageset/{Train,Val,Test}ImageSet.txt``.

    Args:
        root: the directory that holds ``images/`` and ``annotation/``.
        max_missing: greatest share of the rated images that may be absent from disk, 0..1.

    Returns:
        The ratings; image ids are file names; ``traits`` age in years and interest in art, as far as users told;
        ``image_lists`` train, val, test, and ``genre=..``, ``style=..``; ``image_score`` the published averages, where
        the copy has them.

    Raises:
        UserError: a file or a column is absent, a rating is not in 0..100, or too many images are missing.
    """
    root = Path(root)
    source = files.find(root, [nest + layout.ratings for layout in LAYOUTS for nest in NESTED])
    layout = next(layout for layout in LAYOUTS if layout.ratings == source.name.strip())
    has = column_names(source)
    traits = [name for name in TRAITS if name in has]
    groups = [name for name in GROUPS if name in has]
    frame = read_columns(source, [layout.image, USER, *traits, *groups], [layout.score])
    unknown = (frame[USER] == "") | frame[layout.score].isna()
    frame = frame[~unknown]
    image = _file_names(frame[layout.image], source)
    scores = files.numbers(frame[layout.score], source, SCALE.low, SCALE.high)
    ratings = pd.DataFrame({"user": frame[USER], "image": image, "score": scores})
    folder = files.find(root, IMAGES, directory=True)
    before = files.below(root, folder)
    on_disk = {_composed(path.rsplit("/", 1)[-1]): before + path for path in files.images(folder)}
    table = assemble("lapis", root, ratings, on_disk, SCALE, source, max_missing)
    lists, published = _published_lists(root)
    lists |= {f"{group}={value}": names for group in groups for value, names in image.groupby(frame[group]) if value}
    return replace(
        table,
        image_score=None if published is None else published.reindex(table.image_ids).to_numpy(dtype=np.float32),
        traits=_traits(frame, traits, table.user_ids),
        trait_names=tuple(traits),
        image_lists={name: indices_of(set(names), table.image_ids) for name, names in lists.items()},
        dropped={**table.dropped, "ratings without user or score": int(unknown.sum())},
    )


def _composed(name: str) -> str:
    """Write accents the one way: archives unpacked on macOS spell them as letter and accent apart."""
    return unicodedata.normalize("NFC", name)


def _file_names(column: pd.Series[str], source: Path) -> pd.Series[str]:
    codes, names = pd.factorize(files.names(column, source).to_numpy(dtype=object))
    last = np.array([_composed(str(name).rsplit("/", 1)[-1]) for name in names], dtype=object)
    return pd.Series(last[codes], index=column.index, name="image", dtype="str")


def _traits(frame: pd.DataFrame, names: list[str], user_ids: Ids) -> Scores:
    """Return ``(users, traits)``, what a user told on any line, NaN where nowhere or not as a number."""
    told = frame[names].apply(pd.to_numeric, errors="coerce").groupby(frame[USER]).first()
    values: Scores = told.reindex(user_ids).to_numpy(dtype=np.float32)
    return values


def _published_lists(root: Path) -> tuple[dict[str, Iterable[str]], pd.Series[float] | None]:
    """Read the official lists and the averages in [0, 1] that stand beside them, as far as the copy has them."""
    lists: dict[str, Iterable[str]] = {}
    averages = []
    for name, part in PUBLISHED_LISTS.items():
        path = files.look(root, [f"{nest}LAPIS_GIAA_{part}split.csv" for nest in NESTED])
        old = files.look(root, [f"imageset/{part}ImageSet.txt", f"{part}ImageSet.txt"])
        if path is not None:
            frame = read_columns(path, ["image_filename"], ["mean_response"])
            names = _file_names(frame["image_filename"], path)
            scores = SCALE.to_unit(files.numbers(frame["mean_response"], path, SCALE.low, SCALE.high))
            averages.append(pd.Series(scores.astype(np.float64), index=pd.Index(names)))
            lists[name] = names
        elif old is not None:
            lists[name] = _file_names(files.read_lines(old).rename("image"), old)
    return lists, pd.concat(averages).groupby(level=0).first() if averages else None
