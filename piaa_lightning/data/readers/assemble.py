"""Columns of user, image and score become a table; what is missing or doubled is dropped and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import Ids, Indices, RatingTable, Scale, check
from piaa_lightning.errors import UserError


def assemble(
    database: str,
    root: Path,
    ratings: pd.DataFrame,
    files: Mapping[str, str],
    scale: Scale,
    source: Path,
    max_missing: float,
    also: Iterable[str] = (),
    of_doubled: Literal["first", "last"] = "first",
) -> RatingTable:
    """Build the table of everything that has both a label and an image, sorted by id.

    Args:
        database: the database's name.
        root: the directory that ``files`` are relative to.
        ratings: columns ``user``, ``image`` (ids) and ``score`` (on ``scale``).
        files: image id -> path relative to ``root``, for every image on disk.
        scale: the database's own range.
        source: the file that names the images, for errors.
        max_missing: greatest share of labelled images that may be absent from disk, 0..1.
        also: ids of further images that have a label without being rated by anybody.
        of_doubled: which of several ratings of one image by one user counts; the others are dropped and counted.

    Raises:
        UserError: more images are missing than allowed, or no rating is left.
    """
    doubled = ratings.duplicated(["user", "image"], keep=of_doubled).to_numpy()
    ratings = ratings[~doubled]
    labelled = set(ratings["image"]) | set(also)
    image_ids = present(labelled, files, source, max_missing)
    kept = ratings["image"].isin(set(image_ids.tolist())).to_numpy()
    ratings = ratings[kept]
    if ratings.empty:
        raise UserError(f"{source} holds no rating of an image that is below {root}; complete the copy.")
    image = pd.Index(image_ids).get_indexer(pd.Index(ratings["image"])).astype(np.int64)
    user_ids = sorted_ids(ratings["user"].unique())
    user = pd.Index(user_ids).get_indexer(pd.Index(ratings["user"])).astype(np.int64)
    order = np.lexsort((image, user))  # the same table whatever the order of lines in the file
    return check(
        RatingTable(
            database=database,
            root=root,
            image_ids=image_ids,
            image_files=np.array([files[name] for name in image_ids.tolist()], dtype=np.str_),
            user_ids=user_ids,
            user=user[order],
            image=image[order],
            score=scale.to_unit(ratings["score"].to_numpy(dtype=np.float64)[order]),
            scale=scale,
            dropped={
                "missing images": len(labelled) - len(image_ids),
                "ratings of missing images": int((~kept).sum()),
                "duplicated ratings": int(doubled.sum()),
                "images without labels": len(files) - len(image_ids),
            },
        )
    )


def assemble_labels(
    database: str,
    root: Path,
    labels: pd.DataFrame,
    files: Mapping[str, str],
    scale: Scale,
    source: Path,
    max_missing: float,
    lists: Mapping[str, Iterable[str]],
) -> tuple[RatingTable, pd.DataFrame]:
    """Build the table of a database that has labels of images and no ratings of single users, sorted by id.

    Args:
        database: the database's name.
        root: the directory that ``files`` are relative to.
        labels: indexed by image id; of a doubled image the first line counts.
        files: image id -> path relative to ``root``, for every image on disk.
        scale: the database's own range.
        source: the file that names the images, for errors.
        max_missing: greatest share of labelled images that may be absent from disk, 0..1.
        lists: ids of the images in each official list.

    Returns:
        The table, into which the labels are still to be put, and the labels of its images in their order.

    Raises:
        UserError: more images are missing than allowed, or none is left.
    """
    doubled = labels.index.duplicated()
    labels = labels[~doubled]
    image_ids = present(labels.index.tolist(), files, source, max_missing)
    if not len(image_ids):
        raise UserError(f"{source} names no image that is below {root}; complete the copy.")
    nothing = np.zeros(0, dtype=np.int64)
    table = RatingTable(
        database=database,
        root=root,
        image_ids=image_ids,
        image_files=np.array([files[name] for name in image_ids.tolist()], dtype=np.str_),
        user_ids=np.zeros(0, dtype=np.str_),
        user=nothing,
        image=nothing,
        score=np.zeros(0, dtype=np.float32),
        scale=scale,
        image_lists={name: indices_of(members, image_ids) for name, members in lists.items()},
        dropped={
            "missing images": len(labels) - len(image_ids),
            "duplicated images": int(doubled.sum()),
            "images without labels": len(files) - len(image_ids),
        },
    )
    return check(table), labels.loc[image_ids.tolist()]


def present(
    labelled: Iterable[str], files: Mapping[str, str], source: Path, max_missing: float, what: str = "images"
) -> Ids:
    """Return the sorted ids of the labelled images that are on disk.

    Args:
        labelled: image ids, each once.
        files: image id -> path, for every image on disk.
        source: the file that names the images, for errors.
        max_missing: greatest share of labelled images that may be absent, 0..1.
        what: what is labelled, for errors.

    Raises:
        UserError: more images are missing than allowed.
    """
    labelled = sorted(labelled)
    missing = [name for name in labelled if name not in files]
    share = len(missing) / max(len(labelled), 1)
    if share == 1 and missing:
        raise UserError(
            f"none of the {len(labelled)} {what} that {source} names is on disk (first: {missing[0]}); correct the"
            " directory of images, or what they are called in the file."
        )
    if share > max_missing:
        enough = np.ceil(100 * share) / 100
        raise UserError(
            f"{len(missing)} of the {len(labelled)} {what} ({100 * share:.1f} %) that {source} names are not on disk"
            f" (first: {missing[0]}); complete the images, or allow it with data.max_missing={enough:.2f}."
        )
    return np.array([name for name in labelled if name in files], dtype=np.str_)


def sorted_ids(names: Iterable[str]) -> Ids:
    """Return ids in one order that does not depend on where they came from."""
    return np.array(sorted(names), dtype=np.str_)


def indices_of(names: Iterable[str], image_ids: Ids) -> Indices:
    """Return the sorted positions of those names that are among the (sorted, unique) image ids."""
    wanted = np.array(list(names), dtype=np.str_)
    if not len(image_ids):
        return np.zeros(0, dtype=np.int64)
    # the ids are sorted: looking a list up needs no hash table of all of them, of which AVA's 35 lists would make 35
    place = np.minimum(np.searchsorted(image_ids, wanted), len(image_ids) - 1)
    return np.unique(place[image_ids[place] == wanted]).astype(np.int64)
