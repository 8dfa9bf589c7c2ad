"""Comparisons over seeds as a table: the difference, how much of it a seed might show, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piaa_lightning.evaluation.comparison.conclusion import HOLDS, TOO_FEW, conclusion, has_level_of_seeds, seeds_of
from piaa_lightning.metrics.registry import main
from piaa_lightning.report.formatting import MINUS, NOTHING, decimal, probability
from piaa_lightning.report.result_tables import SEEDS_COLUMN, ResultTable

Row = Mapping[str, Any]
COUNTED_AS_REPEATS = (
    "seeds were counted as repeats when these runs were collected, which makes intervals too narrow:"
    " they are left out until the study is run again"
)


def comparison_table(rows: Sequence[Row]) -> ResultTable:
    """Lay out the comparisons of one variant of a study, a line each.

    Args:
        rows: of its ``comparisons.csv``, in numbers or in print.
    """
    several = len({row.get("backbone") for row in rows} - {"", None}) > 1
    many = bool({row.get("measure") for row in rows} - {"", None, main().label})
    headings = ["comparison", "measure" if many else "shots", "difference", SEEDS_COLUMN]
    headings += ["95 % interval", "over seeds alone (t)", "p", "p (Holm)", "conclusion"]
    counted = not all(map(has_level_of_seeds, rows))
    return ResultTable(
        "comparisons",
        "Comparisons",
        headings,
        [_cells(row, several, many) for row in rows],
        words={0, 1, 8},
        main={2},
        published_note=COUNTED_AS_REPEATS if counted else "",
    )


def worded_conclusion(row: Row) -> str:
    """Say what a comparison is worth, with the number of seeds where these are too few."""
    said, seeds = conclusion(row), seeds_of(row)
    return f"{said} ({seeds} seed{'s' if seeds > 1 else ''})" if said == TOO_FEW else said


def is_claimed(row: Row) -> bool:
    """Whether a difference is set in bold."""
    return conclusion(row) == HOLDS


def _cells(row: Row, several: bool, many: bool) -> list[str]:
    name = f"{row['a']} {MINUS} {row['b']}" + (f", {row['backbone']}" if several and row.get("backbone") else "")
    shots = "" if row.get("shots") is None else str(row["shots"])
    of = (f"{row['measure']}, {shots} shots" if shots else str(row["measure"])) if many else shots
    told = [name, of, decimal(_number(row, "difference"), True), decimal(_number(row, "difference_std_seeds"))]
    if not has_level_of_seeds(row):
        return [*told, *[NOTHING] * 4, worded_conclusion(row)]
    chances = [_chance(_number(row, key)) for key in ("p", "p_holm")]
    return [*told, _interval(row, "low", "high"), _interval(row, "t_low", "t_high"), *chances, worded_conclusion(row)]


def _interval(row: Row, low: str, high: str) -> str:
    ends = _number(row, low), _number(row, high)
    return NOTHING if None in ends else f"{decimal(ends[0], True)} \u2026 {decimal(ends[1], True)}"


def _chance(p: float | None) -> str:
    return NOTHING if p is None else probability(p).removeprefix("p ").removeprefix("= ")


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value in (None, "") else float(value)
