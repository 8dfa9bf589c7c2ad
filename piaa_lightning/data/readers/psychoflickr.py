"""PsychoFlickr: 300 users, 200 favourite images of each, and their Big Five (Cristani et al., ACM MM 2013)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble, present
from piaa_lightning.errors import UserError

TRAITS = ("O", "C", "E", "A", "N")
PREFIX = {"attributed": "", "self": "self_"}
LIKED = 1.0


def read(
    root: Path | str,
    trait_range: Sequence[float],
    traits: Literal["attributed", "self"] = "attributed",
    max_missing: float = 0.01,
) -> RatingTable:
    """Read favourites and traits; a rating of 1 says that a user likes an image, and there are no others.

    Source: Cristani, Vinciarelli, Segalin, Perina, "Unveiling the multimedia unconscious", ACM MM 2013. There is no
    public file of labels. Two layouts are read: ``traits.csv`` (``user,O,C,E,A,N`` as attributed by others, and
    optionally ``self_O`` .. ``self_N``) beside a directory of images per user, in ``root`` or ``images/``; or one
    ``*.txt`` file, each line ``<user>/<image> O C E A N``, whose paths are relative to ``root`` or ``images/``.

    NOTE: images are told apart by path, so an image that two users like counts as two.

    Args:
        root: the directory that holds the file of traits.
        trait_range: the least and the greatest value that a trait can have; they become -1 and 1.
        traits: as ``attributed`` by others or as the users see themselves (``self``).
        max_missing: greatest share of the images (or of the users, where each has a directory) that may be absent.

    Returns:
        One row per favourite; ``traits`` ``(users, 5)`` in [-1, 1] in the order O, C, E, A, N.

    Raises:
        UserError: a file or a column is absent, a trait is out of range, or too many images or users are missing.
    """
    root = Path(root)
    low, high = _range(trait_range)
    if traits not in PREFIX:
        raise UserError(f"traits={traits} is not a kind of traits; choose attributed or self.")
    source = files.find(root, ["traits.csv", "*.txt"])
    folder = files.look(root, ["images"], directory=True) or root
    before = files.below(root, folder)
    on_disk = files.on_disk(folder, before)
    if source.suffix == ".csv":
        users = _users(source, PREFIX[traits], low, high)
        liked = _favourites(users, on_disk, source, max_missing)
    elif traits == "attributed":
        users, liked = _image_lines(source, before, low, high)
    else:
        raise UserError(f"{source} has one kind of traits, which counts as attributed; set traits=attributed.")
    table = assemble("psychoflickr", root, liked, on_disk, Scale(0, LIKED), source, max_missing)
    values = users.loc[table.user_ids.tolist()].to_numpy(dtype=np.float64)
    unit = 2 * (values - low) / (high - low) - 1
    return replace(
        table,
        traits=unit.astype(np.float32),
        trait_names=TRAITS,
        dropped={**table.dropped, "users without images": len(users) - table.users},
    )


def _range(trait_range: Sequence[float]) -> tuple[float, float]:
    if len(trait_range) != 2 or not trait_range[0] < trait_range[1]:
        raise UserError(f"trait_range={list(trait_range)} must be the least and the greatest value, such as [-4,4].")
    return float(trait_range[0]), float(trait_range[1])


def _users(path: Path, prefix: str, low: float, high: float) -> pd.DataFrame:
    """Read ``(users, 5)`` traits, indexed by user."""
    columns = [prefix + trait for trait in TRAITS]
    frame = files.read_csv(path, ["user", *columns])
    values = {column: files.numbers(frame[column], path, low, high) for column in columns}
    return pd.DataFrame(values, index=pd.Index(files.unique_ids(files.names(frame["user"], path), path)))


def _favourites(users: pd.DataFrame, on_disk: Mapping[str, str], source: Path, max_missing: float) -> pd.DataFrame:
    """Every image in a user's directory is a favourite."""
    owner = {path: path.split("/")[0] for path in on_disk if "/" in path}
    present(users.index, {user: user for user in owner.values()}, source, max_missing, "users")
    known = set(users.index)
    rows = [(user, path, LIKED) for path, user in owner.items() if user in known]
    return pd.DataFrame(rows, columns=["user", "image", "score"])


def _image_lines(path: Path, before: str, low: float, high: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the authors' one file; an image's directory is its user."""
    frame = files.read_fields(path, 1 + len(TRAITS))
    image = files.names(frame[0].rename("image"), path).str.removeprefix(before)
    homeless = ~image.str.contains("/", regex=False).to_numpy(dtype=bool)
    files.refuse(image, homeless, path, "lies in no user's directory; write <user>/<image>")
    user = image.str.rsplit("/", n=2).str[-2]
    values = pd.DataFrame(
        {trait: files.numbers(frame[n].rename(trait), path, low, high) for n, trait in enumerate(TRAITS, start=1)},
        index=frame.index,
    )
    changed = (values != values.groupby(user).transform("first")).any(axis=1).to_numpy(dtype=bool)
    files.refuse(user.rename("user"), changed, path, "has other traits than on an earlier line; correct one of them")
    return values.groupby(user).first(), pd.DataFrame({"user": user, "image": image, "score": LIKED})
