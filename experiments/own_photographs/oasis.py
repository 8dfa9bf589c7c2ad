"""OASIS for the studies of own photographs: what networks see in a set of images, and who rated it how."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import read_photos, shelf_of
from piaa_lightning.photos.images.store import Store

IMAGES, REPEATS = 225, 5
LOW, HIGH = 1, 7
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class PeopleOfASet:
    """A set of 225 images, and everybody who rated all of them and not all alike.

    Args:
        files: of the images.
        users: ids of the people.
        ratings: ``(people, 225)`` in [0, 1].
        drawn: ``(people, 5, 225)`` random orders of the images, of which supports are the first.
    """

    files: list[str]
    users: list[str]
    ratings: Floats
    drawn: Numbers


def people_of(root: Path, number: int) -> PeopleOfASet:
    """Read one of OASIS's four sets; orders are drawn for each person by the person's number."""
    images = pd.read_csv(root / "images.csv")
    ratings = pd.read_csv(root / "ratings.csv", usecols=["rater", "file", "beauty"])
    files = images.file[images.subset == f"subset{number}"].tolist()
    place = {file: number for number, file in enumerate(files)}
    users, told, drawn = [], [], []
    for user, own in ratings[ratings.file.isin(files)].groupby("rater"):
        if len(own) != IMAGES or own.beauty.nunique() < 2:
            continue
        where = own.file.map(place).to_numpy()
        scores = np.empty(IMAGES)
        scores[where] = (own.beauty.to_numpy() - LOW) / (HIGH - LOW)
        random = np.random.default_rng(int(str(user)))
        drawn.append([where[random.permutation(IMAGES)] for _ in range(REPEATS)])
        users.append(str(user))
        told.append(scores)
    return PeopleOfASet(files, users, np.stack(told), np.array(drawn))


def seen_by(networks: PhotoNetworks, store: Store, root: Path, files: list[str]) -> PhotoFeatures:
    """Return what networks see in images, read as the page reads them."""
    read = list(read_photos(networks, store, root / "images", files))
    assert not [reason for *_, reason in read if reason]
    return shelf_of(networks, store, read).seen


def second_opinions(root: Path) -> list[float]:
    """Return of each person who saw 45 images twice how well the first ratings order the second (SROCC)."""
    told = pd.read_csv(root / "repeated.csv")
    found = []
    for _, own in told.groupby("rater"):
        both = own.pivot_table(index="item", columns="repetition", values="beauty").dropna()
        if both.shape[1] == 2 and (both.nunique() > 1).all():
            found.append(float(both.iloc[:, 0].corr(both.iloc[:, 1], method="spearman")))
    return found


def write_rows(file: Path, columns: list[str], rows: list[list[object]]) -> None:
    """Write a csv file."""
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
