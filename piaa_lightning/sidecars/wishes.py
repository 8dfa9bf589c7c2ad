"""Choose the stars to write: the user's own, the program's guesses, or both."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from piaa_lightning.photos.images.reading import Shelf
from piaa_lightning.photos.results.ranking import Ranking
from piaa_lightning.photos.stars.ratings import STARS
from piaa_lightning.sidecars.plan import REJECTED, Wish

OWN, GUESSED, BOTH = "own", "guessed", "both"
CHOICES = (OWN, GUESSED, BOTH)


def wishes_of(ranking: Ranking, shelf: Shelf, which: str, rejected: Collection[str] = ()) -> dict[str, Wish]:
    """Return what is to be said of which photograph.

    Args:
        ranking: the user's, in stars.
        shelf: the photographs.
        which: see `CHOICES`.
        rejected: digests of those that the user has rejected.
    """
    wishes: dict[str, Wish] = {}
    for number, file in enumerate(shelf.files):
        stars, guess = float(ranking.stars[number]), float(ranking.scores[number])
        if shelf.digests[number] in rejected:
            if which != GUESSED:
                wishes[file] = Wish(REJECTED)
        elif not np.isnan(stars):
            if which != GUESSED:
                wishes[file] = Wish(_whole(stars))
        elif which != OWN:
            wishes[file] = Wish(_whole(guess), guess)
    return wishes


def _whole(stars: float) -> int:
    return int(np.clip(np.floor(stars + 0.5), STARS.low, STARS.high))
