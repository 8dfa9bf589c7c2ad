"""Targets of each part of a split: average scores and distributions of votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.data.splits import Split
from piaa_lightning.data.splits.split import Part
from piaa_lightning.data.validation.label_checks import check_distributions
from piaa_lightning.errors import MissingLabelsError, UserError


def counted_rows(table: RatingTable, split: Split, part: Part) -> Indices:
    """Return the ratings that may speak for the images of a part.

    Training knows what training users said. Validation images are evaluated by what training and validation users
    said, so that no test user has a part in choosing anything; test images by what everybody said.
    """
    users = {
        "train": split.train_users,
        "val": np.concatenate([split.train_users, split.val_users]),
        "test": np.arange(table.users),
    }[part]
    return np.flatnonzero(np.isin(table.user, users) & np.isin(table.image, split.images(part))).astype(np.int64)


def average_scores(table: RatingTable, split: Split, part: Part) -> Scores:
    """Average score of every image of a part, ``(images,)`` in [0, 1], NaN for other images and where unknown.

    Databases without ratings of single users have published averages, which are taken instead.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images, and with it whose ratings count, see `counted_rows`.
    """
    if table.ratings:
        return table.average_scores(_mask(table, counted_rows(table, split, part)))
    own = np.full(table.images, np.nan, dtype=np.float32)
    if table.image_score is not None:
        own[split.images(part)] = table.image_score[split.images(part)]
    return own


def distributions(table: RatingTable, split: Split, part: Part, bins: int) -> Scores:
    """Distribution of the votes of every image of a part, ``(images, bins)``, rows of NaN for other images.

    Databases with ratings of single users get histograms of these.

    Args:
        table: the database.
        split: who and what is held out.
        part: which images, and with it whose ratings count, see `counted_rows`.
        bins: from the worst score to the best; votes must have so many levels, ratings fall into the nearest.

    Raises:
        UserError: the database's votes are no distributions or have another number of levels, or it has neither votes
            nor ratings.
    """
    if table.distribution is not None:
        if table.distribution.shape[1] != bins:
            raise UserError(
                f"{table.database}: votes have {table.distribution.shape[1]} levels and the network's head {bins} bins;"
                f" set head.bins={table.distribution.shape[1]}."
            )
        own = np.full(table.distribution.shape, np.nan, dtype=np.float32)
        own[split.images(part)] = table.distribution[split.images(part)]
        known = ~np.isnan(own).all(axis=1)
        check_distributions(own[known], table.image_ids[known], table.database)
        return own
    if not table.ratings:
        raise MissingLabelsError(
            f"{table.database} has neither distributions of votes nor ratings of single users; learn its average"
            " scores with task=generic."
        )
    rows = counted_rows(table, split, part)
    level = np.rint(table.score[rows].astype(np.float64) * (bins - 1)).astype(np.int64)
    counts = np.bincount(table.image[rows] * bins + level, minlength=table.images * bins).reshape(table.images, bins)
    total = counts.sum(axis=1, keepdims=True)
    shares = np.full(counts.shape, np.nan)
    np.divide(counts, total, out=shares, where=total > 0)
    return shares.astype(np.float32)


def _mask(table: RatingTable, rows: Indices) -> NDArray[np.bool_]:
    mask = np.zeros(table.ratings, dtype=bool)
    mask[rows] = True
    return mask
