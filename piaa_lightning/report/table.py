"""The result in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from piaa_lightning.report.wording import TALK_COLUMN, comparison_sentence, notes, result_table

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
    headings, rows = result_table(summary)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading in headings:
        words = heading in ("method", "backbone", "trait", TALK_COLUMN)
        style = {"SROCC": "bold", TALK_COLUMN: "dim"}.get(heading, "")
        table.add_column(
            text(heading), justify="left" if words else "right", style=style, overflow="fold", no_wrap=not words
        )
    shots = headings.index("shots") if "shots" in headings else None
    for index, row in enumerate(rows, start=1):
        ends = shots is not None and index < len(rows) and rows[index][shots] != row[shots]
        table.add_row(*(text(cell) for cell in row), end_section=ends)
    console.print(Padding(table, (1, 0, 1, 1)))

    if summary.get("comparisons"):
        sentences = Table.grid(padding=(0, 1))
        for comparison in summary["comparisons"]:
            sentences.add_row("*", text(comparison_sentence(comparison)))
        console.print(Padding(sentences, (0, 1, 1, 1)))
    under = Table.grid(padding=(0, 2))
    under.add_column(style="dim", no_wrap=True)
    under.add_column(overflow="fold")
    for name, note in notes(summary):
        under.add_row(text(name), text(note))
    console.print(Padding(under, (0, 1, 1, 1)))
