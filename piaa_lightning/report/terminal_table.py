"""The result in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from piaa_lightning.report.formatting import comparison_sentence, notes
from piaa_lightning.report.result_tables import ResultTable, published_notes, result_tables

NARROWEST = 12  # columns of names on narrow terminals, if they hold words that long
LONG = 8  # headings that may be broken
# For terminals that are not UTF-8: printing a result must not fail after hours of work.
_ASCII = str.maketrans({"\u2212": "-", "\u2013": "-", "±": "+-"})


def print_table(summary: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the rows, the comparisons and what they were measured on.

    Args:
        summary: what a run writes as ``summary.json``.
        console: where to print, standard output by default.
    """
    console = console or Console(highlight=False)
    ascii_only = console.options.ascii_only

    def text(words: str, style: str = "") -> Text:
        if ascii_only:
            words = words.translate(_ASCII).encode("ascii", "replace").decode()
        return Text(words, style=style)

    console.print(Padding(text(f"{summary['experiment']} on {summary['data']}", "bold"), (1, 0, 0, 1)))
    tables = result_tables(summary)
    for table in tables:
        if len(tables) > 1 or table.kind != "users":
            console.print(Padding(text(table.title), (1, 0, 0, 1)))
        console.print(Padding(_laid_out(table, text), (1, 0, 1, 1)))

    if summary.get("comparisons"):
        sentences = Table.grid(padding=(0, 1))
        for comparison in summary["comparisons"]:
            sentences.add_row("*", text(comparison_sentence(comparison)))
        console.print(Padding(sentences, (0, 1, 1, 1)))
    under = Table.grid(padding=(0, 2))
    under.add_column(style="dim", no_wrap=True)
    under.add_column(overflow="fold")
    for name, note in [*notes(summary), *published_notes(tables)]:
        under.add_row(text(name), text(note))
    console.print(Padding(under, (0, 1, 1, 1)))


def _laid_out(table: ResultTable, text: Callable[..., Text]) -> Table:
    """Numbers are never broken; names are, between words where there is room, and never into single letters."""
    laid = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for column, heading in enumerate(table.headings):
        cells = [row[column] for row in table.cells]
        words = column in table.words
        longest = max((len(word) for cell in cells for word in cell.split()), default=1)
        style = "bold" if column in table.main else "dim" if column == table.published_column else ""
        laid.add_column(
            text(heading),
            justify="left" if words else "right",
            style=style,
            overflow="fold",
            no_wrap=not words and len(heading) <= LONG,
            min_width=min(longest, NARROWEST) if words else longest,
        )
    for index, row in enumerate(table.cells):
        style = "dim" if index in table.published_rows else ""
        laid.add_row(*(text(cell) for cell in row), style=style, end_section=index in table.ends)
    return laid
