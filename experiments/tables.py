"""Write the tables of the README files from the studies' csv files: ``make tables``.

A table stands between ``<!-- table: PATH.csv VARIANT -->`` and ``<!-- end -->``; what stands between is replaced. Of a
csv without variants all lines are shown as they are. Published
numbers stand beside ours, with what each was measured on below; what has not been run is marked.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

from piaa_lightning.evaluation.published_results import (
    PublishedImages,
    big_five,
    missing_images,
    missing_methods,
    missing_traits,
    published_images_of,
    published_number,
    published_traits,
)
from piaa_lightning.metrics.registry import MAIN, Metric, present
from piaa_lightning.metrics.registry import main as main_metric
from piaa_lightning.report.comparison_table import comparison_table, is_claimed
from piaa_lightning.report.result_tables import SEEDS_COLUMN

ROOT = Path(__file__).resolve().parents[1]
MARKED = re.compile(r"(<!-- table: (\S+) (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
HOLE = "*not run*"
FILES = {"difference": "comparisons", "trait": "traits", "images": "images", "shots": "results", "value": "values"}

Rows = list[dict[str, str]]


def main(arguments: list[str]) -> None:
    """Rewrite all README files, or with ``--check`` only say whether one differs."""
    stale = []
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("experiments/*/README.md"))]
    for page in pages:
        text = page.read_text()
        fresh = MARKED.sub(lambda found: found[1] + table(ROOT / found[2], found[3]) + found[4], text)
        if fresh != text:
            stale.append(str(page.relative_to(ROOT)))
            if "--check" not in arguments:
                page.write_text(fresh)
    if stale and "--check" in arguments:
        sys.exit(f"{', '.join(stale)}: the tables are not those of the csv files; run make tables.")


def table(path: Path, variant: str) -> str:
    """Return one variant of a study's csv as a Markdown table; the csv's columns say which kind it is."""
    if not path.exists():
        return f"{HOLE}\n"
    with path.open(newline="") as file:
        every = list(csv.DictReader(file))
    if every and "variant" not in every[0]:
        return plain(every)
    rows = [row for row in every if row["variant"] == variant]
    if not rows:
        sys.exit(f"{path}: there is no variant {variant}; run the study again, or take its table out of the page.")
    known = [row for row in rows if row.get("method") != "(not run)"]
    if not known:
        return f"{HOLE}\n"
    made = {"comparisons": comparisons, "traits": traits, "images": images, "results": results, "values": values}
    return made[kind_of(known)](known) + measured(known)


def kind_of(rows: Rows) -> str:
    """Tell what a csv holds by the first of its columns that says so."""
    return next(kind for column, kind in FILES.items() if column in rows[0])


def plain(rows: Rows) -> str:
    """Return a csv as it is."""
    lines = [
        [str(name).replace("_", " ") for name in rows[0]],
        ["---"] * len(rows[0]),
        *([*row.values()] for row in rows),
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def measured(rows: Rows) -> str:
    """Say below a table what our numbers and published ones were measured on, and what is missing."""
    words = []
    mixed = further_measures(rows)  # images of one database, users of another
    seeds = max(int(row.get("seeds") or 0) for row in rows)
    if (data := rows[0].get("data")) and not mixed:
        words.append(f"ours on {data}" + (f", {seeds} seeds" if seeds > 1 else ""))
    kind = kind_of(rows)
    if kind == "results" and any(published(row) for row in rows):
        words.append("published on FLICKR-AES (37 users)")
    if kind == "traits" and any(published_traits(row["method"], row["backbone"]) for row in rows):
        words.append("published on PsychoFlickr, by hypothesis")
    if kind == "images" and any(published_images_of(row["method"]) for row in rows):
        words.append("published on AVA")
    if kind == "comparisons" and (note := comparison_table(rows).published_note):
        words.append(note)
    if kind == "images" and any(row.get("acc_low") for row in rows) and "acc_std_seeds" not in rows[0] and seeds > 1:
        words.append("the intervals are over images alone, with these trained networks")
    missing = max(int(row.get("missing") or 0) for row in rows)
    if missing:
        words.append(f"**incomplete: {missing} run{'s' * (missing > 1)} missing**")
    return f"\n*Measured: {'; '.join(words)}.*\n" if words else ""


def further_measures(rows: Rows) -> set[str]:
    """Return by what else methods are compared than by SROCC."""
    return {row["measure"] for row in rows if row.get("measure")} - {main_metric().label}


def published(row: dict[str, str]) -> str:
    """Return the published number for a row of users, with its backbone where that is another."""
    number = published_number(row["method"], row["backbone"], int(row["shots"]))
    if number is None:
        return ""
    other = re.sub(r"\W", "", number.backbone.lower()) != re.sub(r"\W|_", "", row["backbone"].lower())
    inside = f" ({number.backbone})" if number.backbone and other else ""
    return f"{decimal(str(number.mean))} ± {decimal(str(number.std))}{inside}"


def results(rows: Rows) -> str:
    """One line per method and backbone; per number of shots a column, with published numbers beside it.

    Methods of a published table of which most was run stand below as not run.
    """
    shots = sorted({int(row["shots"]) for row in rows})
    told = {k: any(published(row) for row in rows if int(row["shots"]) == k) for k in shots}
    several = len({row["backbone"] for row in rows} - {""}) > 1
    metrics = present("user", rows[0])
    heads = [
        name
        for k in shots
        for metric in metrics
        for name in (
            headed(metric, k),
            *([SEEDS_COLUMN] if with_spread(rows, metric) else []),
            *(["published"] if told[k] and metric.name == MAIN else []),
        )
    ]
    heads = ["method", *(["backbone"] if several else []), *heads, "users"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    holes = [(method, "") for method in missing_methods(row["method"] for row in rows)]
    for method, backbone in [*dict.fromkeys((row["method"], row["backbone"]) for row in rows), *holes]:
        own = {int(row["shots"]): row for row in rows if (row["method"], row["backbone"]) == (method, backbone)}
        cells = [method, *([backbone] if several else [])]
        for k, metric in ((k, metric) for k in shots for metric in metrics):
            value = own[k][metric.name] if k in own else ""
            spread = own[k][f"{metric.name}_std_repeats"] if value else ""
            cells.append(f"{decimal(value)} ± {decimal(spread)}" if spread else decimal(value) if value else HOLE)
            if with_spread(rows, metric):
                of_seeds = own[k][f"{metric.name}_std_seeds"] if k in own else ""
                cells.append(decimal(of_seeds) if of_seeds else "–")
            if told[k] and metric.name == MAIN:
                cells.append(published({"method": method, "backbone": backbone, "shots": str(k)}))
        users = next((row["users"] for row in own.values() if row["users"]), "–")
        lines.append(f"| {' | '.join([*cells, users])} |")
    return "\n".join(lines) + "\n"


def with_spread(rows: Rows, metric: Metric) -> bool:
    """Whether a table has a column for a metric's spread over seeds: wherever several were run and it was kept."""
    several = any(int(row.get("seeds") or 0) > 1 for row in rows)
    return several and f"{metric.name}_std_seeds" in rows[0]


def headed(metric: Metric, shots: int) -> str:
    """Head a column of users; SROCC need not be named."""
    return f"{shots} shots" + ("" if metric.name == MAIN else f", {metric.label}")


def images(rows: Rows) -> str:
    """One line per network that was evaluated on images, with 95 % intervals and published numbers where known."""
    told = [worded(row["method"]) for row in rows]
    metrics = present("image", rows[0])
    shown = [(m, name) for m in metrics for name in (m.label, *([SEEDS_COLUMN] if with_spread(rows, m) else []))]
    heads = ["network", *(name for _, name in shown), "images"]
    heads += ["published: ACC / SROCC / EMD"] if any(told) else []
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row, known in zip(rows, told, strict=True):
        keys = [f"{m.name}_std_seeds" if name == SEEDS_COLUMN else m.name for m, name in shown]
        cells = [measured_value(row, key) if row[key] else "–" for key in keys]
        ends = [known] if any(told) else []
        lines.append(f"| {row['method']} | {' | '.join([*cells, row['images'], *ends])} |")
    for hole in missing_images(row["method"] for row in rows):
        lines.append(f"| {hole.method} | {' | '.join([HOLE] * len(shown))} | – | {one_published(hole)} |")
    return "\n".join(lines) + "\n"


def measured_value(row: dict[str, str], key: str) -> str:
    """A number with its interval, where it has one."""
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    return f"{decimal(row[key])} [{decimal(low)}, {decimal(high)}]" if low and high else decimal(row[key])


def worded(method: str) -> str:
    """Write the published ACC, SROCC and EMD of a network, with its backbone where several were published."""
    return "; ".join(map(one_published, published_images_of(method)))


def one_published(row: PublishedImages) -> str:
    """Write one published row."""
    found = ("–" if value is None else decimal(str(value)) for value in row.values.values())
    _, _, inside = row.method.partition("(")
    net = row.method.split("(")[0] if "(aesthetics)" in row.method else inside.strip(")")
    return " / ".join(found) + (f" {net}" if net and "improved" not in net else "")


def traits(rows: Rows) -> str:
    """One line per network, one column per trait: SROCC over users; then published ones."""
    names = list(dict.fromkeys(row["trait"] for row in rows))
    spread = [f"{SEEDS_COLUMN} (mean)"] if with_spread(rows, main_metric()) else []
    heads = ["network", *names, "mean", *spread, "users"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    letters = [big_five(name) for name in names]
    told = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        found = [row[MAIN] for row in own]
        of_seeds = [row[f"{MAIN}_std_seeds"] for row in own] if spread else []
        ends = [decimal(mean(of_seeds)) if all(of_seeds) else "–"] if spread else []
        lines.append(f"| {' | '.join([method, *map(decimal, [*found, mean(found)]), *ends, own[0]['users']])} |")
        if all(letters) and (one := published_traits(method, own[0]["backbone"])):
            told[f"*published: {one.method}*"] = one.srocc
    if all(letters):
        missing = missing_traits(row["method"] for row in rows)
        told |= {f"*published: {one.method}* ({HOLE})": one.srocc for one in missing}
    for name, srocc in told.items():
        found = [str(srocc[letter]) for letter in letters if letter]
        ends = "".join(" |" for _ in spread)
        lines.append(f"| {name} | {' | '.join(map(decimal, [*found, mean(found)]))} | |{ends}")
    return "\n".join(lines) + "\n"


def mean(found: list[str]) -> str:
    """Mean of numbers in print."""
    return str(sum(map(float, found)) / len(found))


def comparisons(rows: Rows) -> str:
    """One line per comparison, with what it is worth; what holds over seeds is bold, and nothing else."""
    made = comparison_table(rows)
    lines = [f"| {' | '.join(made.headings)} |", "|" + "---|" * len(made.headings)]
    for row, cells in zip(rows, made.cells, strict=True):
        shown = [
            f"**{cell}**" if column in made.main and is_claimed(row) else cell for column, cell in enumerate(cells)
        ]
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def values(rows: Rows) -> str:
    """One line per fact: what, the value with its interval where there is one, and what it means."""
    lines = ["| what | value | 95 % interval |", "|---|---|---|"]
    for row in rows:
        interval = f"{decimal(row['low'])} … {decimal(row['high'])}" if row.get("low") else "–"
        lines.append(f"| {row['what']} | {decimal(row['value'])} | {interval} |")
    return "\n".join(lines) + "\n"


def decimal(value: str, sign: str = "") -> str:
    """``0.5614`` as ``.561``, with a true minus sign, and a plus where one is asked for."""
    number = f"{abs(float(value)):.3f}"
    number = number[1:] if number.startswith("0") else number
    return ("−" if float(value) < 0 else sign) + number


if __name__ == "__main__":
    main(sys.argv[1:])
