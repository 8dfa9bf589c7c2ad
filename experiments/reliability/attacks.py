"""Does an attack get through? ``make test-attacks`` tries and writes ``runs/reliability/attacks.csv``.

Files that come from others (pictures, weights, tables, configurations, sweeps) and the page: what each attack tries,
how many variants there are, and how many were held. Everything lies in one directory, the page is served on this
machine's own address alone, and no attack takes more than the bounds below. ``--only pictures hosts`` tries some.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path

import attacks_on_files
import attacks_on_page
import table_file
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
MEMORY = 6 * 2**30  # bytes of addresses above which an allocation fails
COLUMNS = ("attack", "tried", "held", "what")
ATTACKS = {**attacks_on_files.ATTACKS, **attacks_on_page.ATTACKS}


def tried(name: str, home: Path) -> dict[str, object]:
    """Try one kind of attack; return its line of the table."""
    begun = time.monotonic()
    home.mkdir()
    try:
        outcomes = ATTACKS[name](home)
    except Exception:
        traceback.print_exc()
        return {"attack": name, "tried": 1, "held": 0, "what": "the attack itself failed, see above"}
    through = [variant for variant, held in outcomes.items() if not held]
    what = (
        f"through: {', '.join(through)[:300]}" if through else (ATTACKS[name].__doc__ or "").split("\n")[0].rstrip(".")
    )
    print(
        f"{name}: {len(outcomes) - len(through)} of {len(outcomes)} held, {time.monotonic() - begun:.0f} s", flush=True
    )
    return {"attack": name, "tried": len(outcomes), "held": len(outcomes) - len(through), "what": what}


def main() -> None:
    """Try everything, or what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=sorted(ATTACKS), default=sorted(ATTACKS))
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "reliability")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory(prefix="piaa_attacks_") as directory:
        lines = [tried(name, Path(directory) / name) for name in given.only]
    table = Table(*COLUMNS, box=None)
    for line in lines:
        table.add_row(*map(str, line.values()))
    Console(width=140).print(table)
    table_file.write(given.out / "attacks.csv", COLUMNS, lines)
    sys.stdout.flush()
    os._exit(0 if all(line["tried"] == line["held"] for line in lines) else 1)  # the page's threads would go on


if __name__ == "__main__":
    main()
