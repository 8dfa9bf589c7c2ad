"""Hard users and hard images: how well a method does where taste is personal, and where images divide people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.metrics.srocc import srocc

Floats = NDArray[np.float64]
SHARE = 1 / 3  # of users, and of images, that count as hard
LEAST = 10  # images with another rater that a user needs to be compared with the crowd
RATERS = 3  # that an image needs to be disputed or not


class Strata:
    """Collects a method's SROCC of hard and of other users, and of hard and of other images of every query.

    Source: Ryu and Yanaka, Findings of ACL 2026, arXiv 2604.11374, who report users whose taste is far from the
    crowd's, and disputed images. NOTE: here the third of the evaluated users whose ratings follow the mean of all other
    raters least (SROCC), and the third of these users' images on which ratings spread most (standard deviation).

    Ratings decide alone, before anything is predicted, so that strata are the same for all methods.

    Args:
        table: of ratings.
        rows: the evaluated users' ratings on the images that they are evaluated on.

    Example:
        >>> from pathlib import Path
        >>> from piaa_lightning.data.ratings import Scale
        >>> user, image = np.repeat(np.arange(3), 12), np.tile(np.arange(12), 3)
        >>> ramp = np.arange(12, dtype=np.float32) / 12
        >>> names = np.array([f"p{number}" for number in range(12)])
        >>> score = np.concatenate([ramp, ramp, ramp[::-1]])
        >>> table = RatingTable("d", Path(), names, names, np.array(["a", "b", "c"]), user, image, score, Scale(0, 1))
        >>> Strata(table, np.arange(36)).users  # the third user likes what the others do not
        {2: 'hard', 0: 'other', 1: 'other'}
    """

    def __init__(self, table: RatingTable, rows: Indices) -> None:
        self.table = table
        self.users = _parted(_agreements(table, rows), hardest_first=True)
        spread = _spreads(table)
        images = np.unique(table.image[rows])
        self.images = _parted({int(i): float(spread[i]) for i in images if np.isfinite(spread[i])}, hardest_first=False)
        self._hard = np.zeros(table.images, dtype=bool)
        self._hard[[image for image, stratum in self.images.items() if stratum == "hard"]] = True
        self._known = np.zeros(table.images, dtype=bool)
        self._known[list(self.images)] = True
        self._found: dict[tuple[int, str, str], dict[int, list[float]]] = {}

    def add(self, user: int, shots: int, query: Indices, scores: Scores) -> None:
        """Take what a method said of one query.

        Args:
            user: number of the user.
            shots: ratings that the method saw.
            query: rows of the table.
            scores: ``(query,)``.
        """
        if user in self.users:
            self._note(shots, "users", self.users[user], user, scores, query)
        images = self.table.image[query]
        for stratum, chosen in (("hard", self._hard[images]), ("other", self._known[images] & ~self._hard[images])):
            self._note(shots, "images", stratum, user, scores[chosen], query[chosen])

    def _note(self, shots: int, of: str, stratum: str, user: int, scores: Scores, query: Indices) -> None:
        target = self.table.score[query]
        if len(query) > 1 and np.ptp(target) > 0:
            found = self._found.setdefault((shots, of, stratum), {})
            found.setdefault(user, []).append(srocc(scores, target))

    def lines(self, method: str) -> Iterator[dict[str, Any]]:
        """Yield a line for each number of shots and stratum: SROCC, the mean over users of means over repeats."""
        for (shots, of, stratum), found in sorted(self._found.items()):
            yield {
                "method": method,
                "shots": shots,
                "of": of,
                "stratum": stratum,
                "srocc": float(np.mean([np.mean(values) for values in found.values()])),
                "users": len(found),
            }


def _agreements(table: RatingTable, rows: Indices) -> dict[int, float]:
    """Return each user's SROCC with the mean of all other raters of an image, where it can be known."""
    score = table.score.astype(np.float64)
    counts = np.bincount(table.image, minlength=table.images)
    sums = np.bincount(table.image, weights=score, minlength=table.images)
    found = {}
    for user in np.unique(table.user[rows]):
        own = rows[(table.user[rows] == user) & (counts[table.image[rows]] > 1)]
        if len(own) >= LEAST and np.ptp(score[own]) > 0:
            image = table.image[own]
            # sums in another order differ in the last bits: rounding keeps equal means equal
            found[int(user)] = srocc(score[own], np.round((sums[image] - score[own]) / (counts[image] - 1), 9))
    return found


def _spreads(table: RatingTable) -> Floats:
    """Return the standard deviation of every image's ratings, NaN where too few rated it."""
    score = table.score.astype(np.float64)
    counts = np.bincount(table.image, minlength=table.images)
    enough = np.maximum(counts, 1)
    mean = np.bincount(table.image, weights=score, minlength=table.images) / enough
    square = np.bincount(table.image, weights=score**2, minlength=table.images) / enough
    return np.where(counts >= RATERS, np.sqrt(np.maximum(square - mean**2, 0)), np.nan)


def _parted(values: dict[int, float], hardest_first: bool) -> dict[int, str]:
    """Call the lowest or the highest third hard, and the rest other; ties by number."""
    order = sorted(values, key=lambda number: (values[number] if hardest_first else -values[number], number))
    hard = round(SHARE * len(order))
    return {number: "hard" if place < hard else "other" for place, number in enumerate(order)}
