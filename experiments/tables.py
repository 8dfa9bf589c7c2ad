"""Write the tables of the README files from the studies' csv files: ``make tables``.

A table stands between ``<!-- table: PATH.csv VARIANT -->`` and ``<!-- end -->``; what stands between is replaced.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARKED = re.compile(r"(<!-- table: (\S+) (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: list[str]) -> None:
    """Rewrite all README files, or with ``--check`` only say whether one differs."""
    stale = []
    for page in [ROOT / "README.md", *sorted((ROOT / "experiments").glob("*/README.md"))]:
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
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["variant"] == variant]
    if not rows:
        sys.exit(f"{path}: there is no variant {variant}; run the study again, or take its table out of the page.")
    kinds = {"difference": comparisons, "trait": traits, "images": pictures}
    return next((kinds[column] for column in kinds if column in rows[0]), results)(rows)


def results(rows: list[dict[str, str]]) -> str:
    """One line per method, one column per number of shots."""
    shots = sorted({int(row["shots"]) for row in rows})
    lines = [
        "| method | " + " | ".join(f"{k} shots" for k in shots) + " | users |",
        "|---|" + "---|" * (len(shots) + 1),
    ]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = {int(row["shots"]): row for row in rows if row["method"] == method}
        cells = [f"{decimal(own[k]['srocc'])} ± {decimal(own[k]['srocc_std_repeats'])}" for k in shots]
        lines.append(f"| {method} | " + " | ".join(cells) + f" | {own[shots[0]]['users']} |")
    return "\n".join(lines) + "\n"


def pictures(rows: list[dict[str, str]]) -> str:
    """One line per network that was judged on pictures, with 95 % intervals and the talk's numbers where known."""
    beside = any(row.get("talk") for row in rows)
    more = ("|", "|") if not beside else ("| talk: ACC / SROCC / EMD |", "|---|")
    lines = [
        f"| network | ACC | balanced ACC | SROCC | PLCC | EMD r=1 | EMD r=2 | pictures {more[0]}",
        f"|---|---|---|---|---|---|---|---{more[1]}",
    ]
    for row in rows:
        cells = [
            measured(row, key) if row[key] else "–"
            for key in ("acc", "balanced_acc", "srocc", "plcc", "emd_r1", "emd_r2")
        ]
        ends = [row["talk"]] if beside else []
        lines.append(f"| {row['method']} | {' | '.join([*cells, row['images'], *ends])} |")
    return "\n".join(lines) + "\n"


def measured(row: dict[str, str], key: str) -> str:
    """A number with its interval, where it has one."""
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    return f"{decimal(row[key])} [{decimal(low)}, {decimal(high)}]" if low and high else decimal(row[key])


def traits(rows: list[dict[str, str]]) -> str:
    """One line per network, one column per trait: SROCC over people."""
    names = list(dict.fromkeys(row["trait"] for row in rows))
    lines = [f"| network | {' | '.join(names)} | mean | people |", "|---|" + "---|" * (len(names) + 2)]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        values = [row["srocc"] for row in own]
        mean = str(sum(map(float, values)) / len(values))
        lines.append(f"| {method} | {' | '.join(map(decimal, [*values, mean]))} | {own[0]['users']} |")
    return "\n".join(lines) + "\n"


def comparisons(rows: list[dict[str, str]]) -> str:
    """One line per comparison: the paired difference, its interval and both p-values."""
    many = len({row.get("measure") for row in rows} - {"", None, "SROCC"}) > 0
    what = "measure" if many else "shots"
    lines = [f"| comparison | {what} | difference | 95 % interval | p | p (Holm) |", "|---|---|---|---|---|---|"]
    for row in rows:
        interval = f"{decimal(row['low'], '+')} … {decimal(row['high'], '+')}"
        chances = " | ".join(chance(row[key]) if row[key] else "–" for key in ("p", "p_holm"))
        of = f"{row['measure']}, {row['shots']} shots" if many and row["shots"] else row[what]
        lines.append(f"| {row['a']} − {row['b']} | {of} | {decimal(row['difference'], '+')} | {interval} | {chances} |")
    return "\n".join(lines) + "\n"


def decimal(value: str, sign: str = "") -> str:
    """Three digits without the leading zero, with a true minus sign."""
    return f"{float(value):{sign}.3f}".replace("0.", ".", 1).replace("-", "−")


def chance(value: str) -> str:
    """A p-value as it is usually written."""
    return "< .001" if float(value) < 0.001 else f"{float(value):.3f}".replace("0.", ".", 1)


if __name__ == "__main__":
    main(sys.argv[1:])
