"""How far users agree on images: what taste they share, and what is each one's own.

Source: the talk's "commonality and individuality": users agree on what is clearly good and clearly bad, and differ
beyond that. It gives no numbers; these are ours, from ratings alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable
from piaa_lightning.errors import UserError
from piaa_lightning.metrics.srocc import srocc

Floats = NDArray[np.float64]
MIDDLE = 0.5  # of the scale: above it is "high aesthetics", below it "low"
BINS = 10


@dataclass(frozen=True)
class Shares:
    """What the variance of ratings consists of; the three sum to one.

    Args:
        image: what all users see alike in an image: commonality.
        user: how generous users are with scores.
        rest: each user's own taste, and what the same user would rate otherwise another day.
    """

    image: float
    user: float
    rest: float


def variance_shares(table: RatingTable) -> Shares:
    """Split the variance of ratings by its covariances, which needs no balanced table.

    With score = mean + image + user + rest, two users' ratings of one image have the variance of images as
    their covariance, and one user's ratings of two images that of users.

    Raises:
        UserError: no image has two ratings, no user two, or all ratings are equal.
    """
    centred = table.score.astype(np.float64) - table.score.astype(np.float64).mean()
    total = float((centred**2).mean())
    if not total:
        raise UserError(f"{table.database}: all ratings are equal, so there is nothing to agree on.")
    image = _covariance(centred, table.image, table.images)
    user = _covariance(centred, table.user, table.users)
    if image is None or user is None:
        raise UserError(f"{table.database}: agreement needs images that two users rated; none is there.")
    return Shares(image / total, user / total, 1 - (image + user) / total)


def _covariance(centred: Floats, group: NDArray[np.int64], groups: int) -> float | None:
    """Mean product of two different ratings of one group; None where no group has two."""
    counts = np.bincount(group, minlength=groups).astype(np.float64)
    pairs = float((counts * (counts - 1)).sum())
    sums = np.bincount(group, weights=centred, minlength=groups)
    squares = np.bincount(group, weights=centred**2, minlength=groups)
    return float((sums**2 - squares).sum() / pairs) if pairs else None


def with_others(table: RatingTable, rows: Indices | None = None, least: int = 10) -> dict[int, float]:
    """Return users' SROCC with the mean of all other raters.

    Args:
        table: of ratings.
        rows: the ratings that are compared with the others'; None compares all.
        least: images with another rater that a user needs.

    Returns:
        In [-1, 1], by the users' numbers; who has too few such images, or gave one score only, is left out.
    """
    score = table.score.astype(np.float64)
    counts = np.bincount(table.image, minlength=table.images)[table.image]
    sums = np.bincount(table.image, weights=score, minlength=table.images)[table.image]
    rows = np.arange(table.ratings) if rows is None else rows
    rows = rows[counts[rows] > 1]
    # sums in another order differ in the last bits: rounding keeps equal means equal
    others = np.round((sums[rows] - score[rows]) / (counts[rows] - 1), 9)
    order = np.argsort(table.user[rows], kind="stable")
    found = {}
    for own in np.split(order, np.flatnonzero(np.diff(table.user[rows][order])) + 1):
        if len(own) >= least and np.ptp(score[rows[own]]) > 0:
            found[int(table.user[rows[own[0]]])] = srocc(score[rows[own]], others[own])
    return found


@dataclass(frozen=True)
class Levels:
    """How often two users are on the same side of the middle, by how good an image is to others.

    Args:
        means: ``(bins,)`` mean score, in [0, 1], that the other half of an image's raters gave.
        agreement: ``(bins,)`` share of pairs on the same side; pairs with somebody in the very middle do not count.
        images: ``(bins,)`` how many have such a pair.
        overall: the share over all images, each counted once.
        chance: what it would be for pairs who rated different images.
    """

    means: Floats
    agreement: Floats
    images: NDArray[np.int64]
    overall: float
    chance: float


def agreement_by_level(table: RatingTable, seed: int = 0, bins: int = BINS) -> Levels:
    """Compare pairs of users on one image, with images sorted by what *other* users gave them.

    An image's raters are split at random: one half says how good it is, pairs of the other half agree or do not. Were
    they the same users, extreme images would show agreement by construction.

    Args:
        table: of ratings.
        seed: of the halves.
        bins: of equally many images.

    Raises:
        UserError: no image has three ratings.
    """
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(table.ratings), table.image))
    starts = np.flatnonzero(np.diff(table.image[order])) + 1
    means, shares = [], []
    for rows in np.split(order, starts):
        half = len(rows) // 2
        judges, pair = rows[:half], rows[half:]
        sides = np.sign(table.score[pair].astype(np.float64) - MIDDLE)
        high, low = int((sides > 0).sum()), int((sides < 0).sum())
        if len(judges) and high + low > 1:
            shares.append((high * (high - 1) + low * (low - 1)) / ((high + low) * (high + low - 1)))
            means.append(float(table.score[judges].mean()))
    if not shares:
        raise UserError(f"{table.database}: agreement on a level needs images with three ratings; none is there.")
    level, share = np.array(means), np.array(shares)
    cells = np.array_split(np.argsort(level, kind="stable"), min(bins, len(level)))
    every = np.sign(table.score.astype(np.float64) - MIDDLE)
    above = float((every > 0).sum() / max(1, (every != 0).sum()))
    return Levels(
        np.array([level[cell].mean() for cell in cells]),
        np.array([share[cell].mean() for cell in cells]),
        np.array([len(cell) for cell in cells]),
        float(share.mean()),
        above**2 + (1 - above) ** 2,
    )
