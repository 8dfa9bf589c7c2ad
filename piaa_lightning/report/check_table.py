"""The result of a check in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from piaa_lightning.data.validation.findings import Finding

STYLES = {"ok": "green", "note": "yellow", "WRONG": "bold red"}


def print_check(name: str, findings: Sequence[Finding], written: Path, console: Console | None = None) -> None:
    """Print every line of a check.

    Args:
        name: of what was read.
        findings: the lines.
        written: the file with all facts.
        console: where to print, standard output by default.
    """
    console = console or Console(highlight=False)

    def text(words: str, style: str = "") -> Text:
        # For terminals that are not UTF-8: names of files may hold anything.
        encoding = console.encoding
        return Text(words.encode(encoding, "replace").decode(encoding), style=style)

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, title_justify="left")
    table.add_column("looked at", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("found", overflow="fold")
    for line in findings:
        table.add_row(text(line.what), text(line.state, STYLES[line.state]), text(line.found))
    console.print(Padding(text(name, "bold"), (1, 0, 0, 1)))
    console.print(Padding(table, (1, 0, 1, 1)))
    wrong = sum(line.state == "WRONG" for line in findings)
    notes = sum(line.state == "note" for line in findings)
    prediction = f"{wrong} WRONG: do not train on it" if wrong else "Nothing is wrong with it"
    console.print(Padding(text(f"{prediction}; {notes} to note. All facts: {written}"), (0, 0, 1, 1)))
