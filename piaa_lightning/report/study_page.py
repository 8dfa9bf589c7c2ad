"""One self-contained page for a study, from its csv files: every variant's tables and figures, holes marked."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from piaa_lightning.data.images.formats import open_image
from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.conclusion import has_level_of_seeds
from piaa_lightning.metrics.registry import MAIN, find, main
from piaa_lightning.report.comparison_table import comparison_table
from piaa_lightning.report.forest import forest
from piaa_lightning.report.formatting import decimal
from piaa_lightning.report.result_tables import ResultTable, published_notes, result_tables
from piaa_lightning.report.run_page import embedded, template
from piaa_lightning.report.single_users import single_users
from piaa_lightning.report.user_figures import summary_bars
from piaa_lightning.runtime.files.atomic import replace_file

Row = Mapping[str, str]
FILES = ("results", "images", "traits", "comparisons", "users")
NUMBERS = {
    "difference",
    "difference_std_seeds",
    "low",
    "high",
    "t_low",
    "t_high",
    "p",
    "p_holm",
    "t_p",
    "value",
}  # beside those of metrics
SPREADS = ("_std_repeats", "_std_seeds", "_std_users", "_low", "_high")  # behind the name of a metric
COUNTS = {"shots", "users", "images", "repeats", "users_dropped", "seeds", "missing"}
NOT_RUN = "(not run)"


@dataclass(frozen=True)
class Variant:
    """One variant of a study, laid out.

    Args:
        name: of it.
        anchor: where it stands on the page.
        facts: name and words of what it was measured on.
        holes: what has not been run; empty where nothing is missing.
        tables: of its rows.
        notes: what published numbers were measured on.
        figures: captions and images.
    """

    name: str
    anchor: str
    facts: list[tuple[str, str]]
    holes: str
    tables: list[ResultTable]
    notes: list[tuple[str, str]]
    figures: list[tuple[str, Markup]]


def write_study_page(directory: Path, path_html: Path, name: str) -> None:
    """Write the page of a study.

    Args:
        directory: holds ``results.csv`` and the like, and PNG figures that the study keeps.
        path_html: where the page goes; figures are drawn into ``figures/`` beside it.
        name: of the study.

    Raises:
        UserError: there is no csv file.
    """
    tables = {file: read(directory / f"{file}.csv") for file in FILES}
    others = [read(file) for file in sorted(directory.glob("*.csv")) if file.stem not in FILES]
    tables["values"] = [row for rows in others for row in rows if {"what", "value"} <= set(row)]
    if not any(tables.values()):
        raise UserError(f"{directory}: there is no results.csv or the like; run the study and collect its runs first.")
    names = dict.fromkeys(str(row["variant"]) for rows in tables.values() for row in rows)
    figures = path_html.parent / "figures"
    variants = [
        _variant(number, variant, {file: [row for row in rows if row["variant"] == variant]
                                   for file, rows in tables.items()}, figures)
        for number, variant in enumerate(names)
    ]  # fmt: skip
    kept = {_spoken(file): file.read_bytes() for file in sorted(directory.glob("*.png"))}
    contents = [(variant.anchor, variant.name) for variant in variants]
    page = template("study.html.j2").render(
        name=name,
        contents=[*([("figures", "Figures")] if kept else []), *contents],
        variants=variants,
        kept=embedded(kept),
    )
    replace_file(path_html, page.encode())


def read(path: Path) -> list[dict[str, Any]]:
    """Read a study's csv with numbers as numbers and blanks as None; nothing where it is not there."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: _value(name, text) for name, text in row.items()} for row in csv.DictReader(file)]


def _value(name: str, text: str) -> Any:
    metric = next((name.removesuffix(end) for end in SPREADS if name.endswith(end)), name)
    if name in NUMBERS or find(metric) is not None:
        return float(text) if text else None
    if name in COUNTS:
        return int(text) if text else None
    return text


def _variant(number: int, name: str, rows: Mapping[str, Sequence[dict[str, Any]]], directory: Path) -> Variant:
    every = [row for own in rows.values() for row in own]
    measured = [row for kind in ("results", "images", "traits") for row in rows[kind] if row["method"] != NOT_RUN]
    data = next((row["data"] for row in every if row.get("data")), "nothing yet")
    summary = {
        "experiment": name,
        "data": data,
        "rows": [{key: value for key, value in row.items() if key != "trait" or value} for row in measured],
    }
    tables = [*result_tables(summary), *_compared(rows["comparisons"]), *_values(rows["values"])]
    several_seeds = any(row.get(f"{MAIN}_std_seeds") for row in rows["results"])
    facts = {
        "data": data,
        "seeds": str(max((row.get("seeds") or 0 for row in every), default=0)),
        "split": ", ".join(dict.fromkeys(str(row["split_hash"]) for row in every if row.get("split_hash"))),
        "±": "standard deviation over repeats of the mean over users",
        "± over seeds": several_seeds * "standard deviation over seeds of the mean over users and repeats",
    }
    return Variant(
        name,
        f"v{number}",
        [(key, words) for key, words in facts.items() if words],
        _holes(every, measured),
        tables,
        published_notes(tables),
        [(caption, image) for caption, image in _figures(number, summary, rows, directory)],
    )


def _compared(rows: Sequence[dict[str, Any]]) -> list[ResultTable]:
    return [comparison_table(rows)] if rows else []


def _values(rows: Sequence[dict[str, Any]]) -> list[ResultTable]:
    """Lay out facts with their intervals, a line each."""
    if not rows:
        return []
    cells = [[row["what"], decimal(row["value"]), _interval(row)] for row in rows]
    return [ResultTable("values", "What was measured", ["what", "value", "95 % interval"], cells, main={1})]


def _interval(row: Mapping[str, Any]) -> str:
    return "" if row.get("low") is None else f"{decimal(row['low'])} to {decimal(row['high'])}"


def _figures(
    number: int, summary: Mapping[str, Any], rows: Mapping[str, Sequence[dict[str, Any]]], directory: Path
) -> list[tuple[str, Markup]]:
    """Draw a variant's rows; ids are told apart by the variant's number."""
    name, drawn = summary["experiment"], {}
    if any(row.get("shots") not in (None, "") and row.get(MAIN) is not None for row in summary["rows"]):
        caption = f"{name}: all methods, mean {main().label} over test users; whiskers are the spread over repeats."
        drawn[caption] = summary_bars(summary, directory / f"{number}_methods.png")
    compared = [
        {key: value for key, value in row.items() if value not in (None, "")} | {"ci95": (row["low"], row["high"])}
        for row in rows["comparisons"]
        if has_level_of_seeds(row)
    ]
    if compared:
        several = len({row.get("backbone") for row in compared}) > 1
        named = [
            {**row, "backbone_a": row.get("backbone"), "backbone_b": row.get("backbone"), "several": several}
            for row in compared
        ]
        drawn[f"{name}: all comparisons, with 95 % bootstrap intervals."] = forest(
            named,
            directory / f"{number}_comparisons.png",
            str(summary["data"]),
            "paired over the same users or images",
        )
    if rows["users"]:
        drawn[f"{name}: every test user; whiskers are the spread over repeats."] = single_users(
            rows["users"], directory / f"{number}_users.png", str(summary["data"])
        )
    return [
        (caption, Markup(str(image).replace("f0-", f"v{number}-{k}-")))
        for k, (caption, image) in enumerate((c, embedded({c: svg})[0][1]) for c, svg in drawn.items())
    ]


def _holes(every: Sequence[Mapping[str, Any]], measured: Sequence[Mapping[str, Any]]) -> str:
    """Say what is missing: whole variants, runs of single seeds, and rows without a value."""
    if not measured and not any("what" in row for row in every):
        return "Nothing of this variant has been run."
    words = []
    owed = max((row.get("missing") or 0 for row in every), default=0)
    if owed:
        words.append(
            f"{owed} run{'s' if owed > 1 else ''} of this variant {'have' if owed > 1 else 'has'} not finished"
        )
    blank = [_named(row) for row in measured if row.get("shots") not in (None, "") and row.get(MAIN) is None]
    if blank:
        words.append(f"no value yet: {', '.join(blank)}")
    return f"Incomplete: {'; '.join(words)}." if words else ""


def _named(row: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (row["method"], row.get("backbone"), f"at {row['shots']} shots")))


def _spoken(file: Path) -> str:
    """Return the words that a figure was saved with, else its name."""
    with open_image(file) as image:
        return str(image.info.get("Description") or file.stem.replace("_", " "))
