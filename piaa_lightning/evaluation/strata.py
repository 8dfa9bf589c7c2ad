"""Hard users and hard images: how well a method does where taste is personal, and where images divide people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.ratings import Indices, RatingTable, Scores
from piaa_lightning.evaluation.agreement import with_others
from piaa_lightning.metrics.srocc import srocc

Floats = NDArray[np.float64]
STRATA = ("hard", "other")
SHARE = 1 / 3  # of users, and of images, that count as hard
RATERS = 3  # that an image needs to be disputed or not


@dataclass(frozen=True)
class Strata:
    """Which users and images of an evaluation are hard, and which are other ones.

    Source: Ryu and Yanaka, Findings of ACL 2026, arXiv 2604.11374, who report users whose taste is far from the
    crowd's, and disputed images. NOTE: here the third of the evaluated users whose ratings follow the mean of all other
    raters least (SROCC), and the third of these users' images on which ratings spread most (standard deviation).

    Ratings decide alone, before anything is predicted, so that strata are the same for all methods.

    Args:
        users: ``hard`` or ``other``, by number; who cannot be compared with others is in neither.
        images: the same of images.

    Example:
        >>> from pathlib import Path
        >>> from piaa_lightning.data.ratings import Scale
        >>> user, image = np.repeat(np.arange(3), 12), np.tile(np.arange(12), 3)
        >>> ramp = np.arange(12, dtype=np.float32) / 12
        >>> names = np.array([f"p{number}" for number in range(12)])
        >>> score = np.concatenate([ramp, ramp, ramp[::-1]])
        >>> table = RatingTable("d", Path(), names, names, np.array(["a", "b", "c"]), user, image, score, Scale(0, 1))
        >>> Strata.of(table, np.arange(36)).users  # the third user likes what the others do not
        {2: 'hard', 0: 'other', 1: 'other'}
    """

    users: Mapping[int, str]
    images: Mapping[int, str]

    @classmethod
    def of(cls, table: RatingTable, rows: Indices) -> Strata:
        """Part users and images.

        Args:
            table: of ratings.
            rows: the evaluated users' ratings on the images that they are evaluated on.
        """
        spread = _spreads(table)
        images = {int(image): float(spread[image]) for image in np.unique(table.image[rows])}
        known = {image: value for image, value in images.items() if np.isfinite(value)}
        return cls(_parted(with_others(table, rows), lowest=True), _parted(known, lowest=False))


class StrataScores:
    """Collects one method's SROCC of hard and of other users, and of hard and of other images of every query.

    Args:
        strata: of the evaluation.
        table: of ratings.
    """

    def __init__(self, strata: Strata, table: RatingTable) -> None:
        self._strata, self._table = strata, table
        self._images = np.full(table.images, "", dtype="<U5")
        self._images[list(strata.images)] = list(strata.images.values())
        self._found: dict[tuple[int, str, str], dict[int, list[float]]] = {}

    def add(self, user: int, shots: int, query: Indices, scores: Scores) -> None:
        """Take what a method said of one query.

        Args:
            user: number of the user.
            shots: ratings that the method saw.
            query: rows of the table.
            scores: ``(query,)``.
        """
        if user in self._strata.users:
            self._note(shots, "users", self._strata.users[user], user, scores, query)
        strata = self._images[self._table.image[query]]
        for stratum in STRATA:
            self._note(shots, "images", stratum, user, scores[strata == stratum], query[strata == stratum])

    def _note(self, shots: int, of: str, stratum: str, user: int, scores: Scores, query: Indices) -> None:
        target = self._table.score[query]
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


def _spreads(table: RatingTable) -> Floats:
    """Return the standard deviation of every image's ratings, NaN where too few rated it."""
    score = table.score.astype(np.float64)
    counts = np.bincount(table.image, minlength=table.images)
    enough = np.maximum(counts, 1)
    mean = np.bincount(table.image, weights=score, minlength=table.images) / enough
    square = np.bincount(table.image, weights=score**2, minlength=table.images) / enough
    return np.where(counts >= RATERS, np.sqrt(np.maximum(square - mean**2, 0)), np.nan)


def _parted(values: Mapping[int, float], lowest: bool) -> dict[int, str]:
    """Call the lowest or the highest third hard, and the rest other; ties by number."""
    order = sorted(values, key=lambda number: (values[number] if lowest else -values[number], number))
    hard = round(SHARE * len(order))
    return {number: "hard" if place < hard else "other" for place, number in enumerate(order)}
