"""REAL-CUR: 14 personal albums, about 200 images each, rated 1 to 5 by their owners (Ren et al., ICCV 2017)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from piaa_lightning.data.images.file_names import plain
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble
from piaa_lightning.data.readers.typed_csv import csv_with, read_columns
from piaa_lightning.errors import UserError

SCALE = Scale(1, 5)
LEVELS = ["1", "2", "3", "4", "5"]
COLUMNS = ("worker", "image_name", "score")


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of REAL-CUR; the owner of an album is a user, who rated no other album.

    Source: Ren, Shen, Lin, Mech, Foran, "Personalized Image Aesthetics", ICCV 2017. Two layouts are read:
    ``<album>/<score 1..5>/<image>`` below ``root``, ``images/`` or ``REAL-CUR/``; or the same with a csv of
    ``worker,image_name,score`` in ``root``, whose scores count instead of the directories.

    NOTE: one name in two albums is two images. One name at two scores of an album is one image that was
    rated twice: the lower directory counts.

    Args:
        root: the directory that holds the albums, or the csv and ``images/``.
        max_missing: greatest share of the csv's images that may be absent from disk, 0..1.

    Returns:
        The ratings; image ids are ``<album>/<image>``.

    Raises:
        UserError: there is no album, a score is not 1..5, or too many of the csv's images are missing.
    """
    root = Path(root)
    folder = files.look(root, ["images", "REAL-CUR"], directory=True) or root
    before = files.below(root, folder)
    parts = pd.Series(files.images(folder), dtype="str").sort_values().str.split("/", expand=True)
    rated = parts.reindex(columns=range(4))  # album, score, image, and nothing below
    rated = rated[rated[1].isin(LEVELS) & rated[2].notna() & rated[3].isna()]
    if rated.empty:
        raise UserError(f"{folder} holds no image <album>/<score 1..5>/<image>; complete the copy or correct root.")
    albums = pd.DataFrame(
        {
            "user": rated[0],
            "image": (rated[0] + "/" + rated[2]).map(plain),
            "score": rated[1].astype("float64"),
            "file": before + rated[0] + "/" + rated[1] + "/" + rated[2],
        }
    )
    first = albums.drop_duplicates("image")
    on_disk = dict(zip(first["image"].tolist(), first["file"].tolist(), strict=True))
    source = csv_with([root], COLUMNS)
    ratings = albums if source is None else _ratings(source)
    table = assemble("real_cur", root, ratings, on_disk, SCALE, source or folder, max_missing)
    return replace(table, dropped={**table.dropped, "images outside albums": len(parts) - len(albums)})


def _ratings(source: Path) -> pd.DataFrame:
    frame = read_columns(source, COLUMNS[:2], COLUMNS[2:])
    user = files.ids(frame["worker"], source)
    image = files.names(user + "/" + files.names(frame["image_name"], source), source)
    return pd.DataFrame(
        {"user": user, "image": image, "score": files.numbers(frame["score"], source, SCALE.low, SCALE.high)}
    )
