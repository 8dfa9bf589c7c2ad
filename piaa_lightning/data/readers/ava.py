"""AVA: 255,530 images with histograms of votes 1 to 10 (Murray et al., CVPR 2012)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble_labels
from piaa_lightning.errors import UserError

COLUMNS = 15  # index, image id, votes 1..10, two tags, challenge
VOTES, CLASSES = slice(2, 12), slice(12, 15)
NESTED = ("", "AVA_dataset/")
ATTRIBUTES = ("tag1", "tag2", "challenge")
SCALE = Scale(1, 10)


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of AVA; it has histograms of votes, no ratings of single users.

    Source: Murray, Marchesotti, Perronnin, "AVA: A Large-Scale Database for Aesthetic Visual Analysis", CVPR 2012.

    Args:
        root: the directory that holds ``AVA.txt``, ``images/<id>.jpg`` and, where they were copied,
            ``aesthetics_image_lists/`` and ``style_image_lists/`` (all but the images may lie in ``AVA_dataset/``).
        max_missing: greatest share of the images that may be absent from disk, 0..1.

    Returns:
        ``distribution`` ``(images, 10)``, shares of the votes 1..10; ``image_score``, the mean vote in [0, 1];
        ``attributes`` tag1, tag2, challenge: the *numbers* of classes (see ``tags.txt``, ``challenges.txt``), NaN where
        there is none; ``image_lists``: every ``aesthetics_image_lists/<name>.jpgl`` as ``<name>``, and the styles
        as ``style:<name>`` (all images of a style), ``style_train`` and ``style_test``.

    Raises:
        UserError: a file is absent, a line is not 15 whole numbers, nobody voted, or too many images are missing.
    """
    root = Path(root)
    source = files.find(root, [f"{nest}AVA.txt" for nest in NESTED])
    labels = _labels(source)
    folder = files.find(root, [f"{nest}{name}" for nest in NESTED for name in ("images", "image")], directory=True)
    before = files.below(root, folder)
    on_disk = {path[path.rfind("/") + 1 : path.rfind(".")]: before + path for path in files.images(folder)}
    lists = {**_lists(root), **_styles(root)}
    table, values = assemble_labels("ava", root, labels, on_disk, SCALE, source, max_missing, lists)
    numbers = values.to_numpy(dtype=np.float64)
    shares = numbers[:, VOTES] / numbers[:, VOTES].sum(axis=1, keepdims=True)
    classes = numbers[:, CLASSES]
    return replace(
        table,
        image_score=SCALE.to_unit(shares @ np.arange(1, 11)),
        distribution=shares.astype(np.float32),
        attributes=np.where(classes > 0, classes, np.nan).astype(np.float32),
        attribute_names=ATTRIBUTES,
    )


def _labels(path: Path) -> pd.DataFrame:
    """Read ``AVA.txt`` into its 15 columns, indexed by image id."""
    try:
        frame = pd.read_csv(
            path, sep=r"\s+", header=None, encoding="utf-8-sig", skip_blank_lines=False, low_memory=False
        )
    except pd.errors.EmptyDataError:
        raise UserError(f"{path} is empty; copy the database again.") from None
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({str(error).strip()}); correct it or copy it again.") from None
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    frame = frame.dropna(how="all")
    if frame.shape[1] != COLUMNS:
        raise UserError(f"{path} has {frame.shape[1]} columns instead of {COLUMNS}; copy the database again.")
    values = frame.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    whole = np.isfinite(values) & (values >= 0) & (np.floor(values) == values)
    if not whole.all():
        row, column = np.argwhere(~whole)[0]
        value = "nothing" if pd.isna(frame.iloc[row, column]) else frame.iloc[row, column]
        raise UserError(
            f"{path}, line {frame.index[row]}: column {column + 1} holds {value} instead of a whole number from 0;"
            " correct or delete the line."
        )
    voted = values[:, VOTES].sum(axis=1) > 0
    if not voted.all():
        row = int(np.argmin(voted))
        raise UserError(
            f"{path}, line {frame.index[row]}: image {values[row, 1]:.0f} has no vote; correct or delete the line."
        )
    ids = values[:, 1].astype(np.int64).astype(np.str_)
    return pd.DataFrame(values, index=pd.Index(ids.astype(object)))


def _lists(root: Path) -> dict[str, Iterable[str]]:
    """Read the official lists of generic and category images."""
    folder = files.look(root, [f"{nest}aesthetics_image_lists" for nest in NESTED], directory=True)
    if folder is None:
        return {}
    found = (path for path in sorted(folder.glob("*.jpgl")) if path.is_file() and not path.name.startswith("."))
    return {path.stem: _ids(path) for path in found}


def _styles(root: Path) -> dict[str, Iterable[str]]:
    """Read the lists of 14 styles: one label for a training image, any number for a test image."""
    folder = files.look(root, [f"{nest}style_image_lists" for nest in NESTED], directory=True)
    if folder is None:
        return {}
    names = _fields(folder / "styles.txt", 2)
    style: dict[str, str] = dict(zip(names[0], names[1], strict=True))  # number from 1 -> name
    train, label = _ids(files.find(folder, ["train.jpgl"])), _ids(files.find(folder, ["train.lab"]))
    test = _ids(files.find(folder, ["test.jpgl"]))
    marks = _fields(folder / "test.multilab", len(style))
    for ids, labels, name in ((train, label, "train.lab"), (test, marks.index, "test.multilab")):
        if len(ids) != len(labels):
            raise UserError(f"{folder / name} has {len(labels)} lines for {len(ids)} images; copy the lists again.")
    lists: dict[str, Iterable[str]] = {"style_train": train, "style_test": test}
    for position, (number, name) in enumerate(style.items()):
        marked = [image for image, mark in zip(test, marks[position], strict=True) if mark == "1"]
        lists[f"style:{name}"] = [image for image, own in zip(train, label, strict=True) if own == number] + marked
    return lists


def _fields(path: Path, fields: int) -> pd.DataFrame:
    return files.read_fields(files.find(path.parent, [path.name]), fields)


def _ids(path: Path) -> list[str]:
    return files.read_lines(path).str.removesuffix(".jpg").tolist()
