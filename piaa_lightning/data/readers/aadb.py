"""AADB: 9,958 images with an average score and 11 attributes (Kong et al., ECCV 2016)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from piaa_lightning.data.images.file_names import plain
from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.data.readers import files
from piaa_lightning.data.readers.assemble import assemble_labels
from piaa_lightning.data.readers.typed_csv import csv_with, read_columns
from piaa_lightning.errors import UserError

SCORE = "score"
ATTRIBUTES = (
    "BalancingElements",
    "ColorHarmony",
    "Content",
    "DoF",
    "Light",
    "MotionBlur",
    "Object",
    "Repetition",
    "RuleOfThirds",
    "Symmetry",
    "VividColor",
)
MISSPELT = {"BalancingElements": "BalacingElements"}  # in the names of the published files
# The authors replaced their test set; files called Test alone are the old one.
LISTS = {"train": "Train", "validation": "Validation", "test": "TestNew"}
LABELS = ("imgListFiles_label", "labels")
IMAGES = (
    "datasetImages_originalSize",
    "datasetImages_warp256",
    "AADB_newtest",
    "AADB_newtest_originalSize",
    "images",
)
SCORED_NAME = re.compile(r"^[01]\.\d+_(?=farm)")  # the new test set's files stand under 0.500_farm1_... in some copies
SCALE = Scale(0, 1)


def read(root: Path | str, max_missing: float = 0.01) -> RatingTable:
    """Read an unpacked copy of AADB; it has averages, no ratings of single users.

    Source: Kong, Shen, Lin, Mech, Fowlkes, "Photo Aesthetics Ranking Network with Attributes and Content Adaptation",
    ECCV 2016. Labels are ``imgListFiles_label/imgList{Train,Validation,TestNew}Regression_<attribute>.txt``, or else
    one csv with a column ``ImageFile``, which has no official lists.

    Args:
        root: the directory that holds the labels and ``datasetImages_originalSize/`` (or ``datasetImages_warp256/``,
            ``AADB_newtest/``, ``images/``).
        max_missing: greatest share of the labelled images that may be absent from disk, 0..1.

    Returns:
        ``image_score`` in [0, 1]; ``attributes`` ``(images, 11)`` in [-1, 1]; ``image_lists`` train, validation, test.

    Raises:
        UserError: a file is absent, a value is out of range, the lists disagree, or too many images are missing.
    """
    root = Path(root)
    source, labels, lists = _labels(root)
    table, values = assemble_labels("aadb", root, labels, _images(root), SCALE, source, max_missing, lists)
    return replace(
        table,
        image_score=values[SCORE].to_numpy(dtype=np.float32),
        attributes=values[list(ATTRIBUTES)].to_numpy(dtype=np.float32),
        attribute_names=ATTRIBUTES,
    )


def _labels(root: Path) -> tuple[Path, pd.DataFrame, dict[str, list[str]]]:
    """Read the file that names the images, their labels indexed by image, and the official lists."""
    folder = files.look(root, LABELS, directory=True)
    if folder is not None and files.look(folder, [_file("Train", SCORE)]) is not None:
        tables = {name: _list(folder, infix) for name, infix in LISTS.items()}
        return folder, pd.concat(tables.values()), {name: table.index.tolist() for name, table in tables.items()}
    source = csv_with([root, *(root / name for name in LABELS)], ["ImageFile"])
    if source is None:
        raise UserError(
            f"{root} holds no file {LABELS[0]}/{_file('Train', SCORE)} or a csv with the column ImageFile; complete the"
            " copy or correct the root."
        )
    frame = read_columns(source, ["ImageFile"], [*ATTRIBUTES, SCORE])
    names = files.names(frame["ImageFile"], source)
    columns = {name: files.numbers(frame[name], source, *_limits(name)) for name in (*ATTRIBUTES, SCORE)}
    return source, pd.DataFrame(columns, index=pd.Index(names)), {}


def _file(infix: str, attribute: str) -> str:
    return f"imgList{infix}Regression_{attribute}.txt"


def _limits(attribute: str) -> tuple[float, float]:
    return (SCALE.low, SCALE.high) if attribute == SCORE else (-1, 1)


def _list(folder: Path, infix: str) -> pd.DataFrame:
    """Read the 12 files of an official list, joined by image."""
    columns = {}
    for attribute in (SCORE, *ATTRIBUTES):
        spellings = dict.fromkeys((attribute, MISSPELT.get(attribute, attribute)))
        path = files.find(folder, [_file(infix, spelling) for spelling in spellings])
        frame = files.read_fields(path, 2)
        values = files.numbers(frame[1].rename(attribute), path, *_limits(attribute))
        columns[attribute] = pd.Series(values, index=pd.Index(files.names(frame[0].rename("image"), path)))
        if set(columns[attribute].index) != set(columns[SCORE].index):
            raise UserError(f"{path} names other images than {_file(infix, SCORE)}; copy the lists again.")
    first = {attribute: column.groupby(level=0).first() for attribute, column in columns.items()}
    return pd.DataFrame(first).loc[columns[SCORE].index]


def _images(root: Path) -> dict[str, str]:
    """Return name -> path of the images in all directories of the copy; the first directory that has one counts."""
    folders = [folder for name in IMAGES if (folder := files.look(root, [name], directory=True)) is not None]
    if not folders:
        files.find(root, IMAGES, directory=True)
    found: dict[str, str] = {}
    for folder in folders:
        before = files.below(root, folder)
        for path in files.images(folder):
            found.setdefault(SCORED_NAME.sub("", plain(path.rsplit("/", 1)[-1])), before + path)
    return found
