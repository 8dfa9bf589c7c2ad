"""Learning a population prior from a database, whose training images are read as photographs are."""

from __future__ import annotations

import logging

import numpy as np
import torch

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.data.splits.split import Split
from piaa_lightning.errors import UserError
from piaa_lightning.photos.images.networks import PhotoNetworks
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.images.reading import read_photos, shelf_of
from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learn import UserRatings, learn_averages, learn_population
from piaa_lightning.photos.learning.learnt_prior import LearntPrior
from piaa_lightning.runtime.progress import track

log = logging.getLogger(__name__)

LEAST_IMAGES, LEAST_USERS = 10, 2
MOST_AVERAGES = 2000  # images of a database that knows averages only: see `learn.MOST_IMAGES`


def learn_from_table(networks: PhotoNetworks, store: Store, table: RatingTable, split: Split) -> LearntPrior:
    """Learn what the training users of a database have in common; where it knows averages only, from these.

    NOTE: images are read as photographs are, upright, in the colours of their profile and squashed as each network
    asks, whatever ``data.resize`` says: a model must have seen images in the way in which it will see them.

    Args:
        networks: look at the images.
        store: keeps what they saw.
        table: of the database.
        split: only its training users' ratings of training images are looked at.

    Raises:
        UserError: there is too little to learn from.
    """
    rows = split.rows(table, "train")
    users, counts = np.unique(table.user[rows], return_counts=True)
    own = users[counts > 1]
    if len(own) >= LEAST_USERS:
        images = np.unique(table.image[rows])
    else:
        log.warning("%s: nobody's own ratings are known, so how people differ is assumed", table.database)
        averages = table.average_scores() if table.image_score is None else table.image_score
        known = split.train_images[np.isfinite(averages[split.train_images])]
        images = known[np.unique(np.linspace(0, max(len(known) - 1, 0), MOST_AVERAGES).astype(np.int64))]
    seen, there = _look(networks, store, table, images)
    if len(there) < LEAST_IMAGES:
        raise UserError(
            f"export: {table.database} has {len(there)} training images with ratings, and {LEAST_IMAGES} are needed."
        )
    if len(own) < LEAST_USERS:
        told = f"averages of {len(there)} images of {table.database}; how people differ is an assumption"
        return learn_averages(seen, networks.blocks, averages[there].astype(np.float64), told)
    place = np.full(table.images, -1, dtype=np.int64)
    place[there] = np.arange(len(there))
    ratings = [
        UserRatings(place[table.image[some]], table.score[some].astype(np.float64))
        for some in _by_user(table, rows[place[table.image[rows]] >= 0])
    ]
    told = f"{len(ratings)} training users of {table.database}, on {len(there)} images"
    try:
        return learn_population(seen, networks.blocks, ratings, told)
    except ValueError as error:
        raise UserError(f"export: nothing can be learnt from {table.database}: {error}.") from error


def _by_user(table: RatingTable, rows: Indices) -> list[Indices]:
    rows = rows[np.argsort(table.user[rows], kind="stable")]
    starts = np.unique(table.user[rows], return_index=True)[1]
    return np.split(rows, starts[1:])


def _look(networks: PhotoNetworks, store: Store, table: RatingTable, images: Indices) -> tuple[PhotoFeatures, Indices]:
    """Return what the networks see in images, and the numbers of those that can be read."""
    torch.set_num_threads(1)  # the decoding threads keep the other cores busy
    files = table.image_files[images].tolist()
    read = list(track(read_photos(networks, store, table.root, files), "looking at training images", len(files)))
    broken = [file for file, _, reason in read if reason]
    if broken:
        log.warning("%d of %d training images cannot be read; the first is %s", len(broken), len(files), broken[0])
    shelf = shelf_of(networks, store, read)
    there = np.array(
        [number for number, (_, _, reason) in zip(images, read, strict=True) if not reason], dtype=np.int64
    )
    return shelf.seen, there
