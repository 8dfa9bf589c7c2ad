"""Does a run lose anything? ``make test-faults`` tries what clusters do and writes ``runs/reliability/faults.csv``.

1. ``kill -9`` at seeded random moments of every phase, in chains: one run is killed once in each phase and goes on
   each time with ``resume=auto``.
2. Damaged checkpoints, journals and caches, files removed meanwhile, two runs in one cache, SIGTERM, killed workers, a
   loss that is not finite, clocks, read-only directories and full disks.

A fault is survived if the finished run's ``records.csv`` is that of an undisturbed run, byte for byte, and if whatever
ended early did so with a sentence. ``--quick`` makes one chain and leaves the rest out.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import table_file
from disturbances import FAULTS, WITH_MOUNTS, Bench, Outcome, may_mount
from kills import PHASES, chain, watched
from rich.console import Console
from rich.table import Table
from tiny_run import ROOT, Run, lost

COLUMNS = ("fault", "survived", "records_lost", "how")


def killed(bench: Bench, chains: int, seed: int, seconds: Mapping[str, float]) -> list[Outcome]:
    """Kill runs, and count for each phase how often and what was lost by it."""
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for number in range(chains):
        run, phases = chain(bench.home / f"chain_{number}", seed + number, seconds)
        print(f"chain {number}: killed in {', '.join(phases)}", flush=True)
        same = run.records() == bench.reference
        for phase in phases:
            tried[phase] += 1
            survived[phase] += same
            missing[phase] += 0 if same else lost(bench.reference, run.records())
        if same:
            shutil.rmtree(run.home)
    return [
        Outcome(f"kill -9: {phase}", survived[phase] == tried[phase] > 0, missing[phase], f"{tried[phase]} times")
        for phase in PHASES
    ]


def disturbed(bench: Bench, only: list[str]) -> list[Outcome]:
    """Try the other faults."""
    found = []
    faults = [*FAULTS, *(WITH_MOUNTS if may_mount() else ())]
    for fault in faults:
        if only and fault.__name__ not in only:
            continue
        for outcome in fault(bench):
            print(f"{outcome.fault}: {'survived' if outcome.survived else 'NOT SURVIVED'} ({outcome.how})", flush=True)
            found.append(outcome)
    return found


def show(outcomes: list[Outcome], file: Path) -> None:
    """Print the table and write it."""
    table = Table("fault", "survived", "records lost", "how", box=None)
    for outcome in outcomes:
        table.add_row(outcome.fault, "yes" if outcome.survived else "NO", str(outcome.lost), outcome.how)
    good = sum(outcome.survived for outcome in outcomes)
    table.add_row(f"{len(outcomes)} kinds", f"{good}", str(sum(outcome.lost for outcome in outcomes)), "")
    Console(width=120).print(table)
    lines = [(o.fault, "yes" if o.survived else "no", o.lost, o.how) for o in outcomes]
    table_file.write(file, COLUMNS, [dict(zip(COLUMNS, line, strict=True)) for line in lines])


def main() -> None:
    """Try everything, or what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chains", type=int, default=5, help="runs that are killed once in each of 7 phases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="names of the other faults, see disturbances.py")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "reliability")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="piaa_faults_") as directory:
        home = Path(directory)
        reference = Run(home / "undisturbed")
        seconds = watched(reference)
        print("an undisturbed run:", ", ".join(f"{phase} {took:.2f} s" for phase, took in seconds.items()), flush=True)
        bench = Bench(home, reference.cache, reference.records() or b"")
        chains = 1 if given.quick else given.chains
        outcomes = [] if given.only else killed(bench, chains, given.seed, seconds)
        if not given.quick:
            outcomes += disturbed(bench, given.only)
    show(outcomes, given.out / "faults.csv")
    raise SystemExit(0 if all(outcome.survived for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
