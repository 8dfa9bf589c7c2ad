"""Batches that learners learn from, one kind for each view of a database."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Examples(NamedTuple):
    """Images and their scores.

    Args:
        inputs: ``(batch, 3, size, size)`` uint8 images, or ``(batch, features)`` frozen features.
        scores: ``(batch,)`` in [0, 1].
    """

    inputs: Tensor
    scores: Tensor


class Episode(NamedTuple):
    """One user as a task: a support batch and a query batch with no image in common.

    Args:
        support: what the first level descends on, D_tr_s of the talk.
        query: what the second level descends on, D_tr_q of the talk.
        user: number of the user among those that are served.
    """

    support: Examples
    query: Examples
    user: int = 0


class Distributions(NamedTuple):
    """Images and how their votes are distributed.

    Args:
        inputs: as in `Examples`.
        distribution: ``(batch, bins)`` shares of votes from worst to best, rows sum to one; no bins where only the
            average is known.
        scores: ``(batch,)`` average scores in [0, 1].
        images: ``(batch,)`` numbers of the images.
    """

    inputs: Tensor
    distribution: Tensor
    scores: Tensor
    images: Tensor


class Liked(NamedTuple):
    """Images and the traits of a user who likes each.

    Args:
        inputs: as in `Examples`.
        traits: ``(batch, traits)`` in [-1, 1].
        users: ``(batch,)`` numbers of the users.
        likes: ``(batch,)`` numbers of the pairs of a user and an image.
    """

    inputs: Tensor
    traits: Tensor
    users: Tensor
    likes: Tensor


class Labelled(NamedTuple):
    """Images with their scores and attributes.

    Args:
        inputs: as in `Examples`.
        scores: ``(batch,)`` in [0, 1], NaN where there is none.
        attributes: ``(batch, attributes)`` in [-1, 1], NaN where there is none.
        images: ``(batch,)`` numbers of the images.
    """

    inputs: Tensor
    scores: Tensor
    attributes: Tensor
    images: Tensor


class Pairs(NamedTuple):
    """Two images at a time, of which the first is liked more.

    Args:
        better: ``batch`` images.
        worse: as many, each with a lower score than its partner.
    """

    better: Examples
    worse: Examples
