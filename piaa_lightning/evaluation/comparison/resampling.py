"""Intervals of measures that are not means, such as the SROCC of a whole set: what is evaluated is drawn anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


def paired_interval(
    difference: Callable[[Indices], float], count: int, samples: int = 1000, seed: int = 0
) -> tuple[float, tuple[float, float], float]:
    """Difference of two methods on the same things, with its 95 % percentile bootstrap interval.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993): things are drawn with replacement, the same
    for both methods.

    Args:
        difference: of the two methods' measures on the things with these numbers.
        count: how many things there are.
        samples: bootstrap samples.
        seed: of the draws.

    Returns:
        The difference on all things; the interval; and the two-sided p-value that the interval implies, twice the
        smaller share of samples on either side of zero, at least 1 / samples.
    """
    drawn = _drawn(difference, count, samples, seed)
    if not len(drawn):
        return float("nan"), (float("nan"), float("nan")), 1.0
    low, high = np.percentile(drawn, [2.5, 97.5])
    p = 2 * min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    return difference(np.arange(count)), (float(low), float(high)), min(1.0, max(p, 1 / samples))


def interval(
    measure: Callable[[Indices], float], count: int, samples: int = 1000, seed: int = 0
) -> tuple[float, float] | None:
    """95 % percentile bootstrap interval of one method's measure; the draws are those of `paired_interval`.

    Args:
        measure: on the things with these numbers.
        count: how many things there are.
        samples: bootstrap samples.
        seed: of the draws.

    Returns:
        Both ends; None where no draw has a value.
    """
    drawn = _drawn(measure, count, samples, seed)
    if not len(drawn):
        return None
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _drawn(measure: Callable[[Indices], float], count: int, samples: int, seed: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    drawn = np.array([measure(random.integers(0, count, count)) for _ in range(samples)])
    known: NDArray[np.float64] = drawn[np.isfinite(drawn)]
    return known  # a draw may hold one value only, and no correlation
