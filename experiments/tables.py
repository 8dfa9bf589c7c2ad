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
    """Return one variant of a study's csv as a Markdown table."""
    with path.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["variant"] == variant]
    return comparisons(rows) if "difference" in rows[0] else results(rows)


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


def comparisons(rows: list[dict[str, str]]) -> str:
    """One line per comparison: the paired difference, its interval and both p-values."""
    lines = ["| comparison | shots | difference | 95 % interval | p | p (Holm) |", "|---|---|---|---|---|---|"]
    for row in rows:
        interval = f"{decimal(row['low'], '+')} … {decimal(row['high'], '+')}"
        chances = " | ".join(chance(row[key]) for key in ("p", "p_holm"))
        lines.append(
            f"| {row['a']} − {row['b']} | {row['shots']} | {decimal(row['difference'], '+')} | {interval} | {chances} |"
        )
    return "\n".join(lines) + "\n"


def decimal(value: str, sign: str = "") -> str:
    """Three digits without the leading zero, with a true minus sign."""
    return f"{float(value):{sign}.3f}".replace("0.", ".", 1).replace("-", "−")


def chance(value: str) -> str:
    """A p-value as it is usually written."""
    return "< .001" if float(value) < 0.001 else f"{float(value):.3f}".replace("0.", ".", 1)


if __name__ == "__main__":
    main(sys.argv[1:])
