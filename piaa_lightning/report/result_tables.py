"""A run's results as tables, one for each kind: users, images, and users' traits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from piaa_lightning.evaluation.published_results import big_five, published_images, published_number, published_traits
from piaa_lightning.report.formatting import backbones, decimal, mean_of, spread

SEEDS_COLUMN = "± over seeds"
PUBLISHED_COLUMN = "published (FLICKR-AES)"
_MEASURES = {
    "acc": "ACC",
    "balanced_acc": "bal. ACC",
    "srocc": "SROCC",
    "plcc": "PLCC",
    "emd_r1": "EMD r=1",
    "emd_r2": "EMD r=2",
}
_PUBLISHED_NOTES = {
    "users": "measured by its authors on FLICKR-AES itself (37 users), with the backbone named beside",
    "images": "measured by its authors on AVA itself; that its EMD is r=1 divided by the bins is a hypothesis",
    "traits": "measured by its authors; that these are users of PsychoFlickr is a hypothesis",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ResultTable:
    """One table, ready to be printed.

    Args:
        kind: ``users``, ``images`` or ``traits``.
        title: what was evaluated, on which database.
        headings: of the columns.
        cells: ``rows x headings``.
        ends: numbers of the rows that a rule is drawn under.
        words: numbers of the columns that hold words; the others hold numbers.
        main: numbers of the columns that are looked at first.
        published_rows: numbers of the rows, and ``published_column`` the number of the column, with the talk's numbers.
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

    The backbone has a column only where there are several, else it is said once elsewhere (``wording.backbones``).
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
    return tables


def published_cell(row: Row) -> str:
    """Word the talk's number for a user's row, with the backbone it was measured with; empty where there is none."""
    number = published_number(str(row["method"]), str(row.get("backbone") or ""), int(row.get("shots") or 0))
    return f"{spread(number.mean, number.std)} {number.backbone}".rstrip() if number else ""


def _users(rows: list[Row], database: str, several: bool) -> ResultTable:
    """Fewest shots first, the spread over seeds where several were run, the talk's numbers in the last column."""
    rows = sorted(rows, key=lambda row: int(row["shots"]))
    headings = [*_names(several), "shots", "SROCC", "users"]
    cells = [
        [
            *_named(row, several),
            str(row["shots"]),
            spread(row.get("srocc"), row.get("srocc_std_repeats")),
            _counted_users(row),
        ]
        for row in rows
    ]
    if any(row.get("srocc_std_seeds") is not None for row in rows):
        headings.insert(-1, SEEDS_COLUMN)
        for row, line in zip(rows, cells, strict=True):
            line.insert(-1, decimal(row.get("srocc_std_seeds")))
    talk = [published_cell(row) for row in rows]
    words, column = set(range(1 + several)), None
    if any(talk):
        column = len(headings)
        words.add(column)
        headings.append(PUBLISHED_COLUMN)
        cells = [[*line, cell] for line, cell in zip(cells, talk, strict=True)]
    return ResultTable(
        "users",
        f"Users of {database}",
        headings,
        cells,
        ends={k for k in range(len(rows) - 1) if rows[k]["shots"] != rows[k + 1]["shots"]},
        words=words,
        main={headings.index("SROCC")},
        published_column=column,
        published_note=_PUBLISHED_NOTES["users"] if any(talk) else "",
    )


def _counted_users(row: Row) -> str:
    return decimal(None) if row.get("users") is None else str(row["users"])


def _images(rows: list[Row], database: str, several: bool) -> ResultTable:
    """A line per network, the talk's right under it; a measure that no network has gets no column."""
    measures = [key for key in _MEASURES if any(row.get(key) is not None for row in rows)]
    headings = [*_names(several), *(_MEASURES[key] for key in measures)]
    of_rows = [published_images(row["method"], row.get("backbone") or "") for row in rows]
    last = {talk.method: number for number, talk in enumerate(of_rows) if talk is not None}
    cells, theirs = [], set()
    for number, (row, talk) in enumerate(zip(rows, of_rows, strict=True)):
        cells.append([*_named(row, several), *(decimal(row.get(key)) for key in measures)])
        if talk is not None and last[talk.method] == number:  # once, under the last of several backbones
            values = {"acc": talk.acc, "srocc": talk.srocc, "emd_r1": talk.emd}
            theirs.add(len(cells))
            cells.append(
                [f"published: {talk.method}", *[""] * several, *(_or_blank(values.get(key)) for key in measures)]
            )
    title = f"Images of {database}{_count(rows, 'images', 'test images')}"
    return _with_talk("images", title, headings, cells, theirs, several, {"SROCC"})


def _traits(rows: list[Row], database: str, several: bool) -> ResultTable:
    """As in the talk: a line per network, a column per trait and their mean, SROCC in the cells."""
    traits = list(dict.fromkeys(str(row["trait"]) for row in rows))
    methods = list(dict.fromkeys((str(row["method"]), row.get("backbone") or "") for row in rows))
    cells = []
    for method, backbone in methods:
        own = [row for row in rows if (row["method"], row.get("backbone") or "") == (method, backbone)]
        values = {str(row["trait"]): row.get("srocc") for row in own}
        cells.append([*_named(own[0], several), *_trait_cells([values.get(trait) for trait in traits])])
    letters = [big_five(trait) for trait in traits]
    rows_of_talk = _distinct(published_traits(*method) for method in methods) if all(letters) else []
    for talk in rows_of_talk:
        found = [talk.srocc[letter] for letter in letters if letter]
        cells.append([f"published: {talk.method}", *[""] * several, *_trait_cells(found)])
    title = f"Traits of users of {database}, SROCC{_count(rows, 'users', 'test users')}"
    headings = [*_names(several), *traits, "mean"]
    theirs = set(range(len(methods), len(cells)))
    return _with_talk("traits", title, headings, cells, theirs, several, {"mean"}, ends={len(methods) - 1})


def _trait_cells(values: Sequence[float | None]) -> list[str]:
    return [*(decimal(value) for value in values), decimal(mean_of(values))]


def _with_talk(
    kind: str,
    title: str,
    headings: list[str],
    cells: list[list[str]],
    talk: set[int],
    several: bool,
    main: set[str],
    ends: set[int] | None = None,
) -> ResultTable:
    """Make a table with the talk's lines in it, and rules where there are any of these."""
    return ResultTable(
        kind,
        title,
        headings,
        cells,
        ends=(ends or set()) if talk else set(),
        words=set(range(1 + several)),
        main={headings.index(name) for name in main if name in headings},
        published_rows=talk,
        published_note=_PUBLISHED_NOTES[kind] if talk else "",
    )


def _names(several: bool) -> list[str]:
    return ["method", "backbone"] if several else ["method"]


def _named(row: Row, several: bool) -> list[str]:
    return [str(row["method"]), str(row.get("backbone") or "")] if several else [str(row["method"])]


def _or_blank(value: float | None) -> str:
    """Leave empty what the talk does not give."""
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
    """Say what the talk's numbers in the tables were measured on."""
    notes = dict.fromkeys((table.kind, table.published_note) for table in tables if table.published_note)
    return [("published" if len(tables) == 1 else f"published, {kind}", note) for kind, note in notes]
