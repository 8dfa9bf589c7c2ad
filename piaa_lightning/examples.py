"""What learners learn from: pictures with scores, and one user's share of them."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Examples(NamedTuple):
    """Pictures and their scores.

    Args:
        inputs: ``(batch, 3, size, size)`` uint8 pictures, or ``(batch, features)`` frozen features.
        scores: ``(batch,)`` in [0, 1].
    """

    inputs: Tensor
    scores: Tensor


class Episode(NamedTuple):
    """One user as a task: a support batch and a query batch with no picture in common.

    Args:
        support: what the first level descends on, D_tr_s of the talk.
        query: what the second level descends on, D_tr_q of the talk.
    """

    support: Examples
    query: Examples
