"""A run's results as tables, one for each kind: users, images, and users' traits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from piaa_lightning.evaluation.published_results import (
    big_five,
    missing_images,
    missing_methods,
    missing_traits,
    published_images,
    published_number,
    published_traits,
)
from piaa_lightning.metrics.registry import USUAL, Level, Metric, main, present
from piaa_lightning.report.formatting import backbones, decimal, mean_of, spread

SEEDS_COLUMN = "± over seeds"
NOT_RUN = "not run"  # beside a published number that this run has no method for
PUBLISHED_COLUMN = "published (FLICKR-AES)"
LEVELS: dict[str, Level] = {"users": "user", "images": "image", "traits": "trait"}  # of the kinds of rows
_PUBLISHED_NOTES = {
    "users": "measured by its authors on FLICKR-AES itself (37 users), with the backbone named beside",
    "images": "measured by its authors on AVA itself; that its EMD is r=1 divided by the bins is a hypothesis",
    "traits": "measured by its authors; that these are users of PsychoFlickr is a hypothesis",
}
_HOLE_NOTE = "; where a row says not run, its numbers are published ones and no method here is like it"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ResultTable:
    """One table, ready to be printed.

    Args:
        kind: ``users``, ``images``, ``traits`` or ``comparisons``.
        title: what was evaluated, on which database.
        headings: of the columns.
        cells: ``rows x headings``.
        ends: numbers of the rows that a rule is drawn under.
        words: numbers of the columns that hold words; the others hold numbers.
        main: numbers of the columns that are looked at first.
        published_rows: numbers of the rows, and ``published_column`` the number of the column, with published numbers.
        published_note: what these were measured on; empty where there are none.
    """

    kind: str
    title: str
    headings: list[str]
    cells: list[list[str]]
    ends: set[int] = field(default_factory=set)
    words: set[int] = field(default_factory=lambda: {0})
    main: set[int] = field(default_factory=set)
    published_rows: set[int] = field(default_factory=set)
    published_column: int | None = None
    published_note: str = ""


def kind_of(row: Row) -> str:
    """Tell what a row of the summary is about."""
    return "users" if "shots" in row else "traits" if "trait" in row else "images"


def rows_by_kind(summary: Row) -> dict[str, list[Row]]:
    """Sort the rows of a summary by kind; kinds without a row are left out."""
    found: dict[str, list[Row]] = {"users": [], "images": [], "traits": []}
    for row in summary["rows"]:
        found[kind_of(row)].append(row)
    return {kind: rows for kind, rows in found.items() if rows}


def result_tables(summary: Row) -> list[ResultTable]:
    """Lay out all rows of a summary, a table for each kind and database.

    The backbone has a column only where there are several, else it is said once elsewhere (``formatting.backbones``).
    """
    several = len(backbones(summary)) > 1
    tables = []
    for kind, rows in rows_by_kind(summary).items():
        make: Callable[[list[Row], str, bool], ResultTable] = {
            "users": _users,
            "images": _images,
            "traits": _traits,
        }[kind]
        for database in dict.fromkeys(str(row.get("evaluated_on") or summary["data"]) for row in rows):
            own = [row for row in rows if str(row.get("evaluated_on") or summary["data"]) == database]
            tables.append(make(own, database, several))
            if kind == "traits":
                tables += [_traits(own, database, several, metric) for metric in _further_of_traits(own)]
    return tables


def metrics_of(kind: str, rows: Sequence[Row]) -> list[Metric]:
    """Return the metrics that rows of one kind have a value of, SROCC of users and traits always."""
    known = {name for row in rows for name, value in row.items() if value is not None}
    return present(LEVELS[kind], known | ({main().name} if kind != "images" else set()))


def smaller_is_better(summary: Row) -> list[str]:
    """Name the metrics in the tables of a summary of which a smaller value is better."""
    metrics = [metric for kind, rows in rows_by_kind(summary).items() for metric in metrics_of(kind, rows)]
    return list(dict.fromkeys(metric.label for metric in metrics if not metric.higher_is_better))


def published_cell(row: Row) -> str:
    """Word the published number for a user's row, with the backbone it was measured with; empty where there is none."""
    number = published_number(str(row["method"]), str(row.get("backbone") or ""), int(row.get("shots") or 0))
    return f"{spread(number.mean, number.std)} {number.backbone}".rstrip() if number else ""


def _users(rows: list[Row], database: str, several: bool) -> ResultTable:
    """Fewest shots first, the spread over seeds where several were run, published numbers in the last column.

    Where most of a published table was run, its other methods stand below as not run.
    """
    missing = missing_methods(str(row["method"]) for row in rows)
    holes = [{"method": name, "shots": k} for k in {row["shots"] for row in rows} for name in missing]
    rows = [*rows, *(hole for hole in holes if published_cell(hole))]
    rows = sorted(rows, key=lambda row: int(row["shots"]))
    headings = [*_names(several), "shots"]
    cells = [[*_named(row, several), str(row["shots"])] for row in rows]
    for metric in metrics_of("users", rows):
        headings.append(metric.label)
        of_seeds = _spreads(metric, rows)
        headings += [SEEDS_COLUMN] * len(of_seeds)
        for row, line in zip(rows, cells, strict=True):
            value = spread(row.get(metric.name), row.get(f"{metric.name}_std_repeats"))
            line.append(NOT_RUN if row in holes else value)
            line += [decimal(row.get(name)) for name in of_seeds]
    headings.append("users")
    for row, line in zip(rows, cells, strict=True):
        line.append(_counted_users(row))
    published = [published_cell(row) for row in rows]
    words, column = set(range(1 + several)), None
    if any(published):
        column = len(headings)
        words.add(column)
        headings.append(PUBLISHED_COLUMN)
        cells = [[*line, cell] for line, cell in zip(cells, published, strict=True)]
    return ResultTable(
        "users",
        f"Users of {database}",
        headings,
        cells,
        ends={k for k in range(len(rows) - 1) if rows[k]["shots"] != rows[k + 1]["shots"]},
        words=words,
        main={headings.index(main().label)},
        published_column=column,
        published_note=_PUBLISHED_NOTES["users"] if any(published) else "",
    )


def _counted_users(row: Row) -> str:
    return decimal(None) if row.get("users") is None else str(row["users"])


def _images(rows: list[Row], database: str, several: bool) -> ResultTable:
    """A line per network, the published right under it, then those that were not run, where most of a table was.

    A metric that no network has gets no column.
    """
    metrics = metrics_of("images", rows)
    shown = [(metric, name) for metric in metrics for name in (metric.name, *_spreads(metric, rows))]
    headings = [*_names(several), *(metric.label if name == metric.name else SEEDS_COLUMN for metric, name in shown)]
    of_rows = [published_images(row["method"], row.get("backbone") or "") for row in rows]
    last = {known.method: number for number, known in enumerate(of_rows) if known is not None}
    cells, theirs = [], set()
    for number, (row, known) in enumerate(zip(rows, of_rows, strict=True)):
        cells.append([*_named(row, several), *(decimal(row.get(name)) for _, name in shown)])
        if known is not None and last[known.method] == number:  # once, under the last of several backbones
            values = [_or_blank(known.values.get(name)) for _, name in shown]
            theirs.add(len(cells))
            cells.append([f"published: {known.method}", *[""] * several, *values])
    for known in missing_images(str(row["method"]) for row in rows):
        values = [_or_blank(known.values.get(name)) for _, name in shown]
        theirs.add(len(cells))
        cells.append([f"{NOT_RUN}: {known.method}", *[""] * several, *values])
    title = f"Images of {database}{_count(rows, 'images', 'test images')}"
    return _with_published("images", title, headings, cells, theirs, several, {main().label})


def _further_of_traits(rows: list[Row]) -> list[Metric]:
    """Return the metrics that were asked for beside the usual ones: each has a table of its own."""
    return [metric for metric in metrics_of("traits", rows) if metric.name not in USUAL["trait"]]


def _traits(rows: list[Row], database: str, several: bool, metric: Metric | None = None) -> ResultTable:
    """A line per network, a column per trait and their mean, a metric in the cells: SROCC if none is given."""
    metric = metric or main()
    traits = list(dict.fromkeys(str(row["trait"]) for row in rows))
    methods = list(dict.fromkeys((str(row["method"]), row.get("backbone") or "") for row in rows))
    of_seeds = _spreads(metric, rows)
    cells = []
    for method, backbone in methods:
        own = [row for row in rows if (row["method"], row.get("backbone") or "") == (method, backbone)]
        values = {str(row["trait"]): row.get(metric.name) for row in own}
        cells.append([*_named(own[0], several), *_trait_cells([values.get(trait) for trait in traits])])
        spreads = [row.get(f"{metric.name}_std_seeds") for row in own]
        cells[-1] += [decimal(mean_of(spreads))] if of_seeds else []
    letters = [big_five(trait) for trait in traits]
    told = all(letters) and metric == main()
    published = _distinct(published_traits(*method) for method in methods) if told else []
    missing = missing_traits(method for method, _ in methods) if told else []
    for known in [*published, *missing]:
        found = [known.srocc[letter] for letter in letters if letter]
        name = NOT_RUN if known in missing else "published"
        cells.append([f"{name}: {known.method}", *[""] * several, *_trait_cells(found), *[""] * len(of_seeds)])
    title = f"Traits of users of {database}, {metric.label}{_count(rows, 'users', 'test users')}"
    headings = [*_names(several), *traits, "mean", *(f"{SEEDS_COLUMN} (mean)" for _ in of_seeds)]
    theirs = set(range(len(methods), len(cells)))
    return _with_published("traits", title, headings, cells, theirs, several, {"mean"}, ends={len(methods) - 1})


def _spreads(metric: Metric, rows: Sequence[Row]) -> list[str]:
    """Name the column of a metric's spread over seeds, where some row has one."""
    name = f"{metric.name}_std_seeds"
    return [name] if any(row.get(name) is not None for row in rows) else []


def _trait_cells(values: Sequence[float | None]) -> list[str]:
    return [*(decimal(value) for value in values), decimal(mean_of(values))]


def _with_published(
    kind: str,
    title: str,
    headings: list[str],
    cells: list[list[str]],
    published: set[int],
    several: bool,
    first: set[str],
    ends: set[int] | None = None,
) -> ResultTable:
    """Make a table with published lines in it, and rules where there are any of these."""
    holes = any(line[0].startswith(f"{NOT_RUN}: ") for line in cells)
    return ResultTable(
        kind,
        title,
        headings,
        cells,
        ends=(ends or set()) if published else set(),
        words=set(range(1 + several)),
        main={headings.index(name) for name in first if name in headings},
        published_rows=published,
        published_note=_PUBLISHED_NOTES[kind] + (_HOLE_NOTE if holes else "") if published else "",
    )


def _names(several: bool) -> list[str]:
    return ["method", "backbone"] if several else ["method"]


def _named(row: Row, several: bool) -> list[str]:
    return [str(row["method"]), str(row.get("backbone") or "")] if several else [str(row["method"])]


def _or_blank(value: float | None) -> str:
    """Leave empty what was not published."""
    return "" if value is None else decimal(value)


def _count(rows: list[Row], key: str, what: str) -> str:
    """Say on how many things all rows were evaluated."""
    counts = sorted({int(row[key]) for row in rows if row.get(key) is not None})
    return f" ({' to '.join(f'{count:,}' for count in counts[:: max(1, len(counts) - 1)])} {what})" if counts else ""


def _distinct(found: Any) -> list[Any]:
    kept: list[Any] = []
    for row in found:
        if row is not None and row not in kept:
            kept.append(row)
    return kept


def published_notes(tables: Sequence[ResultTable]) -> list[tuple[str, str]]:
    """Say what published numbers in the tables were measured on."""
    notes = dict.fromkeys((table.kind, table.published_note) for table in tables if table.published_note)
    return [("published" if len(tables) == 1 else f"published, {kind}", note) for kind, note in notes]
