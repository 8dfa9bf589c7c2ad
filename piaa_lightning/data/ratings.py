"""The table of ratings that every database is read into, and that everything else is written against."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.errors import UserError

Ids = NDArray[np.str_]
Indices = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Scale:
    """The range of a database's own scores; inside the program scores lie in [0, 1].

    Args:
        low: the worst score the database can give.
        high: the best score the database can give; below the worst where 1 is the best, as with school marks.

    Example:
        >>> Scale(5, 1).to_unit(np.array([1, 2, 5])).tolist()
        [1.0, 0.75, 0.0]
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Stop where the range is empty or endless."""
        if self.low == self.high or not np.isfinite([self.low, self.high]).all():
            raise UserError(
                f"The scale {self.low:g}..{self.high:g} is no range; give the worst score, then the best: two different"
                " numbers."
            )

    @classmethod
    def of(cls, given: object, key: str = "scale") -> Scale:
        """Make a scale of what a person gave: the worst score and the best.

        Args:
            given: two numbers.
            key: what they were given as, for the sentence.

        Raises:
            UserError: that is not two numbers.
        """
        told = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
        if len(told) != 2 or any(isinstance(one, bool) or not isinstance(one, int | float) for one in told):
            raise UserError(f"{key}={given} must be the worst and the best score possible, for instance [1, 5].")
        return cls(float(told[0]), float(told[1]))

    @property
    def least(self) -> float:
        """The smaller end."""
        return min(self.low, self.high)

    @property
    def greatest(self) -> float:
        """The larger end."""
        return max(self.low, self.high)

    @property
    def span(self) -> float:
        """How far the ends are apart: what an error of 1 inside the program is on the scale."""
        return abs(self.high - self.low)

    def to_unit(self, score: NDArray[np.floating] | NDArray[np.integer]) -> Scores:
        """Map scores from the database's scale to [0, 1]."""
        unit = (np.asarray(score, dtype=np.float64) - self.low) / (self.high - self.low)
        return (unit + 0.0).astype(np.float32)  # -0.0 becomes 0.0

    def from_unit(self, unit: NDArray[np.floating]) -> Scores:
        """Map scores from [0, 1] back to the database's scale."""
        scaled = np.asarray(unit, dtype=np.float64) * (self.high - self.low) + self.low
        return scaled.astype(np.float32)


@dataclass(frozen=True)
class RatingTable:
    """The ratings of a database, and whatever else it knows about its images and users.

    Rows, images and users are numbered from 0; everything is keyed by id, nothing by the order of files.
    Images that are not on disk are not in the table: readers drop and count them.

    Args:
        database: the database's name, for instance ``flickr_aes``.
        root: the directory that ``image_files`` are relative to.
        image_ids: ``(images,)`` unique ids.
        image_files: ``(images,)`` paths relative to ``root``, with ``/``; never absolute, never above the root.
        user_ids: ``(users,)`` unique ids.
        user: ``(ratings,)`` index into ``user_ids``.
        image: ``(ratings,)`` index into ``image_ids``.
        score: ``(ratings,)`` in [0, 1], higher is more beautiful.
        scale: the database's own range.
        image_score: ``(images,)`` the published average in [0, 1], NaN where there is none.
        distribution: ``(images, bins)`` shares of votes from worst to best, rows sum to one, NaN where there is none.
        attributes: ``(images, len(attribute_names))`` labels, NaN where there is none.
        traits: ``(users, len(trait_names))`` what is known of users, NaN where blank.
        image_lists: named official lists, each an array of indices into ``image_ids``.
        dropped: what the reader left out and how often, for instance ``{"missing images": 3}``.
    """

    database: str
    root: Path
    image_ids: Ids
    image_files: Ids
    user_ids: Ids
    user: Indices
    image: Indices
    score: Scores
    scale: Scale
    image_score: Scores | None = None
    distribution: Scores | None = None
    attributes: Scores | None = None
    attribute_names: tuple[str, ...] = ()
    traits: Scores | None = None
    trait_names: tuple[str, ...] = ()
    image_lists: Mapping[str, Indices] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.image_ids)

    @property
    def users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def ratings(self) -> int:
        """Number of ratings."""
        return len(self.score)

    def average_scores(self, rows: NDArray[np.bool_] | None = None) -> Scores:
        """Mean rating of every image, ``(images,)`` in [0, 1], NaN where nobody among ``rows`` rated it.

        Args:
            rows: ``(ratings,)`` mask of the ratings that count; all by default.
        """
        image = self.image if rows is None else self.image[rows]
        score = self.score if rows is None else self.score[rows]
        count = np.bincount(image, minlength=self.images)
        total = np.bincount(image, weights=score.astype(np.float64), minlength=self.images)
        mean = np.full(self.images, np.nan)
        np.divide(total, count, out=mean, where=count > 0)
        return mean.astype(np.float32)

    def without_labels_of(self, images: Sequence[int], reason: str) -> RatingTable:
        """Return the table less all that is known of some images, counted under ``reason`` as readers count.

        The images keep their numbers; without labels nothing is learnt from them or evaluated on them.
        """
        if not len(images):
            return self
        gone = np.isin(np.arange(self.images), np.asarray(images))
        keep = ~gone[self.image]
        dropped = {**self.dropped, reason: int(gone.sum()), f"ratings of {reason}": int((~keep).sum())}
        return replace(
            self,
            user=self.user[keep],
            image=self.image[keep],
            score=self.score[keep],
            image_score=_blank(self.image_score, gone),
            distribution=_blank(self.distribution, gone),
            attributes=_blank(self.attributes, gone),
            dropped=dropped,
        )

    def with_database(self, name: str) -> RatingTable:
        """Return the same table under another name, for instance ``flickr_aes, embedded demo``."""
        return replace(self, database=name)


def _blank(labels: Scores | None, images: NDArray[np.bool_]) -> Scores | None:
    return None if labels is None else np.where(images.reshape(-1, *[1] * (labels.ndim - 1)), np.nan, labels)


def hashed(user_id: str) -> str:
    """Name a user without giving the id away: the first 12 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(user_id.encode()).hexdigest()[:12]


def check(table: RatingTable) -> RatingTable:
    """Return the table, or stop when it breaks its own contract.

    Raises:
        UserError: a score outside the scale or not a number, a repeated id, an unsafe path.
    """
    where = f"{table.database} ({table.root})"
    bad = ~((table.score >= 0) & (table.score <= 1))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = table.scale.from_unit(table.score[row : row + 1])[0]
        raise UserError(
            f"{where}: {int(bad.sum())} ratings lie outside the scale {table.scale.low:g}..{table.scale.high:g}"
            f" (first: {value:g} for image {table.image_ids[table.image[row]]}); correct the file or the scale."
        )
    for what, ids in (("image", table.image_ids), ("user", table.user_ids)):
        if len(set(ids.tolist())) != len(ids):
            raise UserError(f"{where}: {what} ids are not unique; give every {what} one id.")
    for path in table.image_files.tolist():
        if path.startswith(("/", "\\")) or ".." in path.replace("\\", "/").split("/") or path[1:2] == ":":
            raise UserError(f"{where}: the image path {path} leaves the database's directory; use paths below it.")
    return table
