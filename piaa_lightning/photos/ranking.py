"""A folder in a user's order, beside what everybody is expected to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from piaa_lightning.data.ratings import Indices, Scale, Scores
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.reading import Shelf
from piaa_lightning.runtime.csv_file import csv_text

COLUMNS = ("rank", "image", "score", "generic_rank", "generic_score")


@dataclass(frozen=True)
class Ranking:
    """Scores on the user's scale, and places.

    Args:
        scores: ``(images,)`` what the user is expected to say.
        generic: ``(images,)`` what anybody is.
        order: numbers of the images, the best first.
        places: ``(images,)`` of each in the user's order, from 1.
        generic_places: ``(images,)`` of each in everybody's order, from 1.
    """

    scores: Scores
    generic: Scores
    order: Indices
    places: Indices
    generic_places: Indices


def order_of(taste: PersonalModel, shelf: Shelf, scale: Scale) -> Ranking:
    """Put images in order; those with equal scores stay in the order of their files."""
    with torch.inference_mode():
        unit = taste.score(shelf.rows).numpy()
        expected = taste.users.expected(shelf.rows.double()).numpy()
    order, usual = (np.argsort(-values, kind="stable") for values in (unit, expected))
    scores, generic = (scale.from_unit(np.clip(values, 0, 1)) for values in (unit, expected))
    return Ranking(scores, generic, order, _places(order), _places(usual))


def _places(order: Indices) -> Indices:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(1, len(order) + 1)
    return places


def ranking_csv(ranking: Ranking, files: Sequence[str]) -> str:
    """Return the ranking as csv, the best image first."""
    rows = [
        (
            ranking.places[number],
            files[number],
            f"{ranking.scores[number]:.3f}",
            ranking.generic_places[number],
            f"{ranking.generic[number]:.3f}",
        )
        for number in ranking.order.tolist()
    ]
    return csv_text(COLUMNS, rows)
