"""Whether a difference may be claimed of two methods, said in the same words in every table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENOUGH = 5  # seeds below which nothing is claimed
LEVEL = 0.05

HOLDS = "holds"
TOO_FEW = "too few to tell"
NOT_APART = "not told apart"
BELOW_SPREAD = "below the spread"


def conclusion(row: Mapping[str, Any]) -> str:
    """Say what a comparison over seeds is worth.

    It holds with five seeds or more, if the bootstrap interval over seeds and users (or images) and Student's interval
    over seeds both leave out zero, p is below .05 after Holm's correction, and the difference is larger than its spread
    over seeds, which is what a single training might show by chance.

    Args:
        row: of a study's ``comparisons.csv``, in numbers or in print: ``difference, difference_std_seeds, low, high,
            t_low, t_high, p, p_holm, seeds``; a run's own comparison has no seeds and stands for one.

    Returns:
        ``holds``, ``too few to tell``, ``not told apart`` or ``below the spread``.

    Example:
        >>> conclusion({"difference": 0.1, "low": 0.05, "high": 0.15, "p": 0.001, "seeds": 3})
        'too few to tell'
    """
    if seeds_of(row) < ENOUGH or not has_level_of_seeds(row):
        return TOO_FEW
    p = _number(row, "p") if _number(row, "p_holm") is None else _number(row, "p_holm")
    if not (_without_zero(row, "low", "high") and _without_zero(row, "t_low", "t_high")) or p is None or p >= LEVEL:
        return NOT_APART
    difference, spread = _number(row, "difference"), _number(row, "difference_std_seeds")
    return HOLDS if difference is not None and spread is not None and abs(difference) > spread else BELOW_SPREAD


def seeds_of(row: Mapping[str, Any]) -> int:
    """Return how many seeds stand behind a row; 1 where it does not say."""
    return int(row.get("seeds") or 1)


def has_level_of_seeds(row: Mapping[str, Any]) -> bool:
    """Whether seeds are a level of their own in a row's interval; earlier versions counted them as repeats."""
    return seeds_of(row) < 2 or _number(row, "difference_std_seeds") is not None


def _number(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return None if value in (None, "") else float(value)


def _without_zero(row: Mapping[str, Any], low: str, high: str) -> bool:
    ends = _number(row, low), _number(row, high)
    return ends[0] is not None and ends[1] is not None and (ends[0] > 0 or ends[1] < 0)
