"""Does a spoilt file do worse than a sentence? ``make fuzz`` tries and writes ``runs/reliability/fuzz.csv``.

Each reader of databases, ratings_csv, image decoding, loading of weights and checkpoints, and what a resumed run
begins with get 10,000 inputs of their own: good files, spoilt by hypothesis (`mutations.py`). Nothing may come of them
but an answer that keeps its promises or one sentence; nothing may hang, or take more memory than the bound.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.connection
import resource
import tempfile
import time
from pathlib import Path

import table_file
from fuzzers import FUZZERS, run
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
MEMORY = 4 * 2**30  # bytes of addresses above which an allocation fails: the libraries themselves take one of them
COLUMNS = ("what", "inputs", "accepted", "refused", "sentences", "seconds", "MiB", "found")


def fuzzed(name: str, examples: int, start: int) -> dict[str, object]:
    """Feed one reader; return a line of the table."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="piaa_fuzz_") as home:
        try:
            counts = run(FUZZERS[name], Path(home), examples, start)
        except Exception as error:  # the finding; hypothesis printed the input
            return {"what": name, "found": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "what": name, "inputs": counts.inputs, "accepted": counts.accepted, "refused": counts.refused,
        "sentences": len(counts.sentences), "seconds": round(time.monotonic() - begun), "MiB": peak, "found": "",
    }  # fmt: skip


def _child(name: str, examples: int, start: int, answer: multiprocessing.connection.Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answer.send(fuzzed(name, examples, start))


def alone(name: str, examples: int, start: int) -> dict[str, object]:
    """Feed one reader in a process of its own, whose memory is bounded and whose death is a finding."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(name, examples, start, there))
    process.start()
    there.close()
    try:
        line: dict[str, object] = here.recv()
    except EOFError:
        line = {"what": name, "found": "the process died"}
    process.join()
    return line


def main() -> None:
    """Feed all readers, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=list(FUZZERS))
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "reliability")
    given = parser.parse_args()
    lines = []
    for name in given.only:
        lines.append(alone(name, given.examples, given.seed))
        print(lines[-1], flush=True)
    table = Table(*COLUMNS, box=None)
    for line in lines:
        table.add_row(*(str(line.get(column, "")) for column in COLUMNS))
    Console(width=140).print(table)
    table_file.write(given.out / "fuzz.csv", COLUMNS, lines)
    raise SystemExit(1 if any(line["found"] for line in lines) else 0)


if __name__ == "__main__":
    main()
