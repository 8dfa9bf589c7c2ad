"""A folder in a user's order, beside what everybody is expected to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.data.images.file_names import in_table
from piaa_lightning.data.ratings import Indices, Scale
from piaa_lightning.photos.images.reading import Shelf, looks
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.runtime.files.csv_file import csv_text

COLUMNS = ("image", "stars", "score", "generic", "uncertainty", "rank")
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Scores on the user's scale, and places.

    An image that the user has rated stands where the rating puts it, above and below those that are expected to get
    less and more; among equal ratings the model decides.

    Args:
        stars: ``(images,)`` what the user said; NaN for the others.
        scores: ``(images,)`` what the user is expected to say; of a rated image, judging by the other ratings alone.
        generic: ``(images,)`` what anybody is.
        uncertainty: ``(images,)`` standard deviation of ``scores``.
        order: numbers of the images, the best first.
        places: ``(images,)`` of each in the user's order, from 1.
        generic_places: ``(images,)`` of each in everybody's order, from 1.
    """

    stars: Values
    scores: Values
    generic: Values
    uncertainty: Values
    order: Indices
    places: Indices
    generic_places: Indices

    @property
    def stands(self) -> Values:
        """What an image counts for: the user's own word, and the score where there is none."""
        return np.where(np.isnan(self.stars), self.scores, self.stars)

    @property
    def merit(self) -> Values:
        """The same with equal ones told apart as `order` does."""
        return self.stands - 1e-9 * self.places


def order_of(personal: PersonalModel, shelf: Shelf, scale: Scale, last: Sequence[int] = ()) -> Ranking:
    """Put images in order; those with equal scores stay in the order of their files.

    A rating counts for every image that looks the same to the networks as the one that was rated, wherever that lies.

    Args:
        personal: of the user.
        shelf: the images.
        scale: of the user's ratings.
        last: numbers of images that come after all others, as rejected ones do.
    """
    found = personal.predict(shelf.seen)
    scores, generic, uncertainty = (
        values.double().numpy() for values in (found.scores, found.generic, found.uncertainty)
    )
    stars = np.full(len(shelf.files), np.nan)
    expected, left = (values.double().numpy() for values in personal.without_own())
    for rating, look in enumerate(looks(personal.told)):
        for number in shelf.alike.get(look, ()):
            stars[number], scores[number], uncertainty[number] = (
                float(personal.ratings[rating]),
                expected[rating],
                left[rating],
            )
    scores = np.clip(scores, 0, 1)
    stands = np.where(np.isnan(stars), scores, stars)
    order = np.lexsort((-scores, -stands, np.isin(np.arange(len(stands)), last)))
    usual = np.argsort(-generic, kind="stable")
    span = scale.high - scale.low
    return Ranking(
        scale.low + span * stars,
        scale.low + span * scores,
        scale.low + span * np.clip(generic, 0, 1),
        scale.span * uncertainty,
        order,
        _places(order),
        _places(usual),
    )


def _places(order: Indices) -> Indices:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(1, len(order) + 1)
    return places


def ranking_csv(ranking: Ranking, files: Sequence[str], more: Mapping[str, Sequence[object]] | None = None) -> str:
    """Return the ranking as csv, the best image first; ``stars`` is empty where the user said nothing.

    Args:
        ranking: the order.
        files: names of the images.
        more: further columns by name, each with a value for every file, in the order of the files.
    """
    more = more or {}
    rows: list[tuple[object, ...]] = [
        (
            in_table(files[number]),
            None if np.isnan(ranking.stars[number]) else f"{ranking.stars[number]:g}",
            f"{ranking.scores[number]:.3f}",
            f"{ranking.generic[number]:.3f}",
            f"{ranking.uncertainty[number]:.3f}",
            ranking.places[number],
            *(values[number] for values in more.values()),
        )
        for number in ranking.order.tolist()
    ]
    return csv_text((*COLUMNS, *more), rows)


def stars_csv(ranking: Ranking, files: Sequence[str]) -> str:
    """Return what the user said alone, as csv in the order of the files; `read_ratings` reads it."""
    rated = np.flatnonzero(~np.isnan(ranking.stars)).tolist()
    return csv_text(("image", "stars"), sorted((in_table(files[n]), f"{ranking.stars[n]:g}") for n in rated))
