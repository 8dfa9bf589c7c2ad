"""What a comparison says of methods and not of the networks that happened to be trained: seeds as a level of their own.

All users share the networks of a seed, so what a seed adds to a difference is the same for everybody and does not
average out over users or repeats. An interval that counts seeds as further repeats is too narrow by that much.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from piaa_lightning.evaluation.comparison.bootstrap import draw, packed_in_front

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
OfDrawn = Callable[[Indices], float]  # of the numbers of the things drawn, under the networks of one seed

_CHUNK = 250  # samples drawn at once, which bounds the memory and fixes the random stream


@dataclass(frozen=True)
class OverSeeds:
    """A difference of two methods over several seeds, or another measure.

    Args:
        mean: over seeds.
        low: lower end of the 95 % bootstrap interval over seeds and things.
        high: its upper end.
        p: two-sided, from the same draws: twice the smaller share on either side of zero, at least 1 / samples.
        seeds: how many there are.
        std_seeds: sample standard deviation over seeds; None of one seed, as are the next three.
        t_low: lower end of Student's 95 % interval over seeds alone.
        t_high: its upper end.
        t_p: two-sided p of Student's test over seeds alone.
    """

    mean: float
    low: float
    high: float
    p: float
    seeds: int
    std_seeds: float | None = None
    t_low: float | None = None
    t_high: float | None = None
    t_p: float | None = None


def over_seeds_and_users(values: Floats, samples: int = 10_000, seed: int = 0) -> OverSeeds:
    """Mean over seeds of the mean over users of the mean over repeats, with its intervals.

    Source: Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 2007: seeds and users are drawn with replacement, each
    by itself, then each drawn user's repeats. Users and splits are the same for all seeds, so a draw of users holds
    for all drawn seeds; drawn within each seed anew they would count as so many more people.
    NOTE: what seeds deviate from their mean is stretched by :func:`stretch` before anything is drawn. The plain
    bootstrap takes n seeds for the whole population, which with five of them makes its interval about a third too
    narrow; stretched it has the width of Student's interval where seeds alone matter.

    Args:
        values: ``(seeds, users, repeats)`` with NaN where there is none; what one seed lacks counts for no seed.
        samples: bootstrap samples.
        seed: of the draws.

    Raises:
        ValueError: no user has a value for every seed.

    Example:
        >>> found = over_seeds_and_users(np.full((3, 4, 2), 0.25))
        >>> found.mean, found.low, found.std_seeds
        (0.25, 0.25, 0.0)
    """
    whole = np.where(np.isnan(values).any(axis=0), np.nan, values)
    kept = ~np.isnan(whole[0]).all(axis=1)
    if not kept.any():
        raise ValueError("no user has a value for every seed")
    whole = whole[:, kept]
    of_seeds = np.nanmean(whole, axis=2).mean(axis=1)
    stretched = whole + _stretched(of_seeds)[:, None, None]
    packed, counts = zip(*map(packed_in_front, stretched), strict=True)  # NaN stand in the same places for all seeds
    drawn = _means_of_users(np.stack(packed), counts[0], samples, np.random.default_rng(seed))
    return _found(of_seeds, drawn, samples)


def over_seeds_and_things(
    measures: Sequence[OfDrawn], count: int, samples: int = 1000, seed: int = 0
) -> OverSeeds | None:
    """Mean over seeds of a measure that is no mean over things, such as the SROCC of a set of images.

    Source: as :func:`over_seeds_and_users`, with images, or users with traits, in the place of users.

    Args:
        measures: one for each seed; of the same things.
        count: how many things there are.
        samples: bootstrap samples.
        seed: of the draws.

    Returns:
        None where no draw has a value.
    """
    every = np.arange(count)
    of_seeds = np.array([measure(every) for measure in measures])
    shifts = _stretched(of_seeds)
    random = np.random.default_rng(seed)
    drawn = np.empty(samples)
    for sample in range(samples):
        things = random.integers(0, count, count)
        seeds = draw_seeds(random, len(measures), 1)[0].tolist()
        once = {number: measures[number](things) + shifts[number] for number in set(seeds)}
        drawn[sample] = sum(once[number] for number in seeds) / len(seeds)
    known: Floats = drawn[np.isfinite(drawn)]  # a draw may hold one value only, and no correlation
    return _found(of_seeds, known, samples) if len(known) else None


def draw_seeds(rng: np.random.Generator, seeds: int, samples: int) -> Indices:
    """Draw seeds, ``(samples, seeds)``; one alone needs no draw.

    Args:
        rng: where chance comes from.
        seeds: how many there are.
        samples: number of draws.
    """
    return rng.integers(0, seeds, (samples, seeds)) if seeds > 1 else np.zeros((samples, 1), dtype=np.int64)


def stretch(seeds: int) -> float:
    """Return the factor by which seeds' deviations are stretched: sqrt(n / (n - 1)) x t_(.975, n - 1) / z_.975.

    Source: Hesterberg, "What teachers should know about the bootstrap", Am. Stat. 2015, who widens percentiles by these
    two factors: a sample's variance is too small by (n - 1) / n, and the normal quantile is none of Student's.

    Args:
        seeds: n; of one alone nothing deviates.

    Example:
        >>> [round(stretch(n), 2) for n in (1, 3, 5, 10)]
        [1.0, 2.69, 1.58, 1.22]
    """
    if seeds < 2:
        return 1.0
    return math.sqrt(seeds / (seeds - 1)) * float(stats.t.ppf(0.975, seeds - 1) / stats.norm.ppf(0.975))


def _stretched(of_seeds: Floats) -> Floats:
    """Return what is added to each seed's values, so that its mean deviates by more and the mean of all stays."""
    shifts: Floats = (stretch(len(of_seeds)) - 1) * (of_seeds - of_seeds.mean())
    return shifts


def _means_of_users(packed: Floats, counts: Indices, samples: int, rng: np.random.Generator) -> Floats:
    """Draw seeds, users and their repeats, and return the means, ``(samples,)``."""
    seeds, users, repeats = packed.shape
    means = []
    for start in range(0, samples, _CHUNK):
        size = min(_CHUNK, samples - start)
        drawn = draw_seeds(rng, seeds, size)
        people, places = draw(rng, counts, repeats, size)
        weights = np.stack([(drawn == number).mean(axis=1) for number in range(seeds)], axis=1)
        of_drawn_seeds = (weights @ packed.reshape(seeds, -1)).reshape(size, users, repeats)
        values = of_drawn_seeds[np.arange(size)[:, None, None], people[..., None], places]
        values *= np.arange(repeats) < counts[people][..., None]
        means.append((values.sum(axis=2) / counts[people]).mean(axis=1))
    return np.concatenate(means)


def _found(of_seeds: Floats, drawn: Floats, samples: int) -> OverSeeds:
    low, high = np.percentile(drawn, [2.5, 97.5])
    p = 2 * min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    found = OverSeeds(float(of_seeds.mean()), float(low), float(high), min(1.0, max(p, 1 / samples)), len(of_seeds))
    return found if len(of_seeds) < 2 else _with_student(found, of_seeds)


def _with_student(found: OverSeeds, of_seeds: Floats) -> OverSeeds:
    """Add the spread over seeds, and Student's interval and p."""
    spread, mean = float(of_seeds.std(ddof=1)), found.mean
    error = spread / math.sqrt(found.seeds)
    if error < 1e-12:  # equal but for the last bits of a mean
        return replace(found, std_seeds=0.0, t_low=mean, t_high=mean, t_p=0.0 if mean else 1.0)
    half = float(stats.t.ppf(0.975, found.seeds - 1)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, found.seeds - 1))
    return replace(found, std_seeds=spread, t_low=mean - half, t_high=mean + half, t_p=p)
