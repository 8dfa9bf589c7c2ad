"""Compute how many seeds and users tell a difference of a given size from none."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
MOST_SEEDS = 1000


@dataclass(frozen=True)
class Spreads:
    """How far a paired difference moves, by what is drawn anew.

    Args:
        seeds: standard deviation over seeds of the mean over users.
        users: standard deviation over users of each user's mean over seeds and repeats.
    """

    seeds: float
    users: float


def spreads_of(differences: Floats) -> Spreads:
    """Estimate the spreads from a study's paired differences.

    NOTE: the noise of single splits stays in both, so both err on the wide side, and so does what they are used for.

    Args:
        differences: ``(seeds, users, repeats)``, NaN where there is none, two seeds and two users at least.
    """
    of_both = np.nanmean(differences, axis=2)
    return Spreads(float(of_both.mean(axis=1).std(ddof=1)), float(of_both.mean(axis=0).std(ddof=1)))


def least_difference(spreads: Spreads, seeds: int, users: int, power: float = 0.8) -> float:
    """Return the smallest true difference that so many seeds and users tell from none.

    ``(t_.975 + t_power) sqrt(s_seeds^2 / S + s_users^2 / U)`` with S - 1 degrees of freedom: the usual approximation
    for a two-sided test at .05 (Cohen 1988), with the variance of a mean over S seeds and U users.

    Args:
        spreads: of the paired difference.
        seeds: S, 2 or more.
        users: U.
        power: the chance of telling it.

    Example:
        >>> round(least_difference(Spreads(seeds=0.0063, users=0.011), seeds=6, users=104), 4)
        0.0097
    """
    quantiles = float(stats.t.ppf(0.975, seeds - 1) + stats.t.ppf(power, seeds - 1))
    return quantiles * math.sqrt(spreads.seeds**2 / seeds + spreads.users**2 / users)


def seeds_needed(difference: float, spreads: Spreads, users: int, power: float = 0.8) -> int | None:
    """Return how many seeds it takes to tell a difference from none.

    Args:
        difference: the true one.
        spreads: of the paired difference.
        users: how many are evaluated.
        power: the chance of telling it.

    Returns:
        None where so few users never tell it, whatever the number of seeds.

    Example:
        >>> seeds_needed(0.01, Spreads(seeds=0.0063, users=0.011), users=104)
        6
    """
    enough = (seeds for seeds in range(2, MOST_SEEDS) if least_difference(spreads, seeds, users, power) <= difference)
    return next(enough, None)
