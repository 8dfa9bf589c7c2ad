"""Two-stage bootstrap of a mean over users: over users, then over each user's splits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_CHUNK = 250  # samples drawn at once, which bounds the memory and fixes the random stream


def bootstrap_interval(differences: Floats, samples: int = 10_000, seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean over users of the mean over repeats.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), two-stage resampling: users are drawn with
    replacement, then each drawn user's repeats with replacement. Nested and not crossed, because every user has
    splits of their own: repeat 3 of one user has nothing in common with repeat 3 of another.
    NOTE: images are not drawn anew. Where all users rated the same ones (OASIS), what the draw of images adds is
    missing, and the interval holds for these images; it would take predictions for each image, which records do
    not keep.
    NOTE: the spread over repeats already widens the users' means a little, so the interval errs on the wide side.

    Args:
        differences: ``(users, repeats)`` with NaN where a pair is missing, at least one number in each row.
        samples: bootstrap samples.
        seed: of the draw.
    """
    packed, counts = packed_in_front(differences)
    rng = np.random.default_rng(seed)
    sizes = [min(_CHUNK, samples - start) for start in range(0, samples, _CHUNK)]
    means = [_means(packed, counts, *draw(rng, counts, packed.shape[1], size)) for size in sizes]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def draw(rng: np.random.Generator, counts: Indices, repeats: int, samples: int) -> tuple[Indices, Indices]:
    """Draw users and, for each drawn user, repeats.

    Args:
        rng: where chance comes from.
        counts: ``(users,)`` number of repeats of each user.
        repeats: the largest of them.
        samples: number of draws.

    Returns:
        ``(samples, users)`` indices of users and ``(samples, users, repeats)`` indices of their repeats.
    """
    users = rng.integers(0, len(counts), (samples, len(counts)))
    share = rng.random((samples, len(counts), repeats), dtype=np.float32)
    # float32 may round a share just below one up when multiplied; the minimum keeps the index inside.
    chosen = np.minimum((share * counts[users][..., None]).astype(np.int64), counts[users][..., None] - 1)
    return users, chosen


def packed_in_front(differences: Floats) -> tuple[Floats, Indices]:
    """Move each user's numbers to the front of the row, zeros behind, and count them."""
    missing = np.isnan(differences)
    order = np.argsort(missing, axis=1, kind="stable")
    packed = np.nan_to_num(np.take_along_axis(differences, order, axis=1), nan=0.0)
    return packed, (~missing).sum(axis=1).astype(np.int64)


def _means(packed: Floats, counts: Indices, users: Indices, chosen: Indices) -> Floats:
    values = packed[users[..., None], chosen]
    values *= np.arange(packed.shape[1]) < counts[users][..., None]
    means: Floats = (values.sum(axis=2) / counts[users]).mean(axis=1)
    return means
