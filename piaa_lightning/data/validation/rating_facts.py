"""Describe users' ratings: how many, which levels, how often tied."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import RatingTable, Scores

LISTED_LEVELS = 12  # a scale with more levels is shown in bins
BINS = 10


@dataclass(frozen=True)
class Spread:
    """Least, median and greatest of some counts."""

    least: int
    median: float
    most: int


@dataclass(frozen=True)
class RatingFacts:
    """What is in a table of ratings; None where it has no ratings of single users.

    Args:
        images: images.
        users: users.
        ratings: of single users.
        scale: the worst and the best score possible.
        observed: the worst and the best score given.
        levels: share of the ratings (or, without them, of the votes of all images) at each level, worst first.
        per_user: ratings that a user gave.
        per_image: ratings of an image, over the images that have any.
        tied_pairs: share, among all pairs of ratings by one user, of the pairs with equal scores.
        constant_users: users all of whose ratings are the same; no ranking of theirs can be right or wrong.
        lists: official lists of images: how many each holds.
        also: what else is known: its name and how many images or users have it.
    """

    images: int
    users: int
    ratings: int
    scale: tuple[float, float]
    observed: tuple[float, float] | None
    levels: dict[str, float]
    per_user: Spread | None
    per_image: Spread | None
    tied_pairs: float | None
    constant_users: int
    lists: dict[str, int]
    also: dict[str, int]


def rating_facts(table: RatingTable) -> RatingFacts:
    """Compute the facts of a table."""
    by_user = np.bincount(table.user, minlength=table.users)
    by_image = np.bincount(table.image, minlength=table.images)
    scores = table.scale.from_unit(table.score)
    return RatingFacts(
        images=table.images,
        users=table.users,
        ratings=table.ratings,
        scale=(table.scale.low, table.scale.high),
        observed=(_round(scores.min()), _round(scores.max())) if table.ratings else None,
        levels=level_shares(table),
        per_user=_spread(by_user) if table.ratings else None,
        per_image=_spread(by_image[by_image > 0]) if table.ratings else None,
        tied_pairs=tied_pairs(table),
        constant_users=len(constant_users(table)),
        lists={name: len(members) for name, members in table.image_lists.items()},
        also=_also(table),
    )


def level_shares(table: RatingTable) -> dict[str, float]:
    """Return the share of the ratings at each level of the database's own scale, worst first.

    Up to 12 different scores are levels of their own; more are counted in ten bins of equal width, each with its
    lower bound and the last with both. Without ratings the mean distribution of votes is returned.
    """
    if not table.ratings:
        return _vote_shares(table)
    scores = table.scale.from_unit(table.score).astype(np.float64).round(3)
    levels, count = np.unique(scores, return_counts=True)
    if len(levels) <= LISTED_LEVELS:
        return {f"{level:g}": float(share) for level, share in zip(levels, count / table.ratings, strict=True)}
    count, edges = np.histogram(scores, bins=BINS, range=(table.scale.least, table.scale.greatest))
    names = [f"{low:g}-{high:g}" for low, high in pairwise(edges.tolist())]
    return {name: float(share) for name, share in zip(names, count / table.ratings, strict=True)}


def tied_pairs(table: RatingTable) -> float | None:
    """Return the share of equal scores among all pairs of ratings by one user; None where nobody rated twice."""
    _, count = _by_user_and_score(table)
    by_user = np.bincount(table.user, minlength=table.users)
    pairs = _pairs(by_user)
    return _pairs(count) / pairs if pairs else None


def constant_users(table: RatingTable) -> NDArray[np.int64]:
    """Return the sorted indices of the users who rated and gave every image the same score."""
    user, _ = _by_user_and_score(table)
    return np.flatnonzero(np.bincount(user, minlength=table.users) == 1).astype(np.int64)


def _by_user_and_score(table: RatingTable) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return every user-and-score that occurs, as its user, and how often it occurs."""
    levels, level = np.unique(table.score, return_inverse=True)
    codes, count = np.unique(table.user * max(len(levels), 1) + level, return_counts=True)
    return (codes // max(len(levels), 1)).astype(np.int64), count.astype(np.int64)


def _pairs(count: NDArray[np.integer]) -> int:
    return int((count * (count - 1) // 2).sum())


def _vote_shares(table: RatingTable) -> dict[str, float]:
    votes: Scores | None = table.distribution
    if votes is None or not len(votes):
        return {}
    levels = np.linspace(table.scale.low, table.scale.high, votes.shape[1])
    return {f"{level:g}": float(share) for level, share in zip(levels, votes.mean(axis=0), strict=True)}


def _spread(count: NDArray[np.integer]) -> Spread:
    return Spread(int(count.min()), float(np.median(count)), int(count.max()))


def _also(table: RatingTable) -> dict[str, int]:
    known = {}
    if table.image_score is not None:
        known["images with a published average"] = int(np.isfinite(table.image_score).sum())
    if table.distribution is not None:
        known["images with a distribution of votes"] = int(np.isfinite(table.distribution).all(axis=1).sum())
    if table.attributes is not None:
        known[f"images with some of {len(table.attribute_names)} attributes"] = _some(table.attributes)
    if table.traits is not None:
        known[f"users with some of {len(table.trait_names)} traits"] = _some(table.traits)
    return known


def _some(values: Scores) -> int:
    return int(np.isfinite(values).any(axis=1).sum())


def _round(value: np.float32) -> float:
    return round(float(value), 3)
