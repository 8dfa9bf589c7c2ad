"""Which image a user should rate next: the one that tells most about the order of all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from piaa_lightning.evaluation.support_choice import by_information
from piaa_lightning.photos.personal_model import PersonalModel
from piaa_lightning.photos.photo_features import PhotoFeatures

CANDIDATES = 300


def next_to_rate(
    taste: PersonalModel, seen: PhotoFeatures, rated: Sequence[int], count: int = 1, skip: Sequence[int] = ()
) -> list[int]:
    """Choose images by greedy expected information, see `by_information`.

    NOTE: of many images a few hundred, drawn with a fixed seed, stand for all: as candidates, and as those whose
    order is to be learnt; the covariance of twenty thousand would not fit into memory.

    Args:
        taste: what is known of the user so far.
        seen: all images.
        rated: numbers of those that the user has rated.
        count: how many to choose.
        skip: numbers of those that the user does not want to rate.

    Returns:
        At most ``count`` numbers, the first to ask first.
    """
    open_ = np.setdiff1d(np.arange(len(seen)), [*rated, *skip])
    if not len(open_):
        return []
    some = np.random.default_rng(0).permutation(len(seen))
    some = some[np.isin(some, open_)][:CANDIDATES]
    covariance = taste.uncertainty(seen[some.tolist()]).double().numpy()
    order = by_information(covariance, taste.process.noise, count)
    return [int(some[place]) for place in order]
