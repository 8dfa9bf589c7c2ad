"""Choose the image that a user should rate next: it tells most about the order of all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from piaa_lightning.evaluation.support_choice import by_information
from piaa_lightning.personalizers.posterior import Posterior
from piaa_lightning.photos.images.photo_features import PhotoFeatures
from piaa_lightning.photos.learning.personal_model import PersonalModel
from piaa_lightning.photos.learning.process import Process

CANDIDATES = 300


def next_to_rate(
    personal: PersonalModel, seen: PhotoFeatures, rated: Sequence[int], count: int = 1, skip: Sequence[int] = ()
) -> list[int]:
    """Choose images that tell most.

    NOTE: of many images a few hundred, drawn with a fixed seed, stand for all: as candidates, and as those whose
    order is to be learnt; the covariance of twenty thousand would not fit into memory.

    Args:
        personal: what is known of the user so far.
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
    order = asking_order(personal.process, seen[some.tolist()], personal.told, count)
    return [int(some[place]) for place in order]


def asking_order(process: Process, seen: PhotoFeatures, told: PhotoFeatures, count: int) -> list[int]:
    """Put images in the order in which they are asked for: greedy expected information, see `by_information`.

    NOTE: every image counts as if its score were as uncertain beforehand as any other's. An odd one has features far
    from all others and a wide prior, and would be asked first though it says little of the rest
    (experiments/own_photographs/chosen.csv).

    Args:
        process: what users have in common.
        seen: the images that can be asked for, and whose order is to be learnt.
        told: those that were rated already; what was said of them does not matter.
        count: how many to choose.

    Returns:
        At most ``count`` places in ``seen``.
    """
    with torch.inference_mode():
        images, rated = process.describe(seen), process.describe(told)
        variance = process.variance(images)
        own, other = (process.variance(some).clamp(min=1e-12).sqrt() for some in (images, rated))
        scale = variance.mean()
        before = process.covariance(images, images) / own[:, None] / own * scale
        across = process.covariance(images, rated) / own[:, None] / other * scale
        among = process.covariance(rated, rated) / other[:, None] / other * scale
        left = Posterior(torch.zeros(len(rated)), among, process.noise).covariance(before, across)
    return [int(place) for place in by_information(left.double().numpy(), process.noise, count)]
