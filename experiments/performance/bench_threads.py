"""How many threads a small network wants, on an idle machine and beside other programs.

``python experiments/performance/bench_threads.py [--quick] [--out DIR]``. One thread and as many as there are cores
take turns at BLG-PIAA's meta-iteration on the small CNN; then again beside two processes that keep cores busy.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch
from harness import ROOT, Results, Target, Variant, interleaved, ratio
from meta_iterations import episodes, iteration, network

from piaa_lightning.runtime.cores import cores

BUSY = 2  # other programs
SPIN = "while True: pass"


def main(arguments: list[str]) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "bench")
    asked = parser.parse_args(arguments)
    support, rounds = (8, 1) if asked.quick else (100, 20)
    work = iteration("engine", network("small_cnn", 64), episodes(64, support, 4 if asked.quick else 20, 1), steps=5)
    given = torch.get_num_threads()
    many = f"{cores()} threads"
    variants = {"1 thread": on(1, work), many: on(cores(), work)}
    found = {"idle": interleaved(variants, rounds)}
    with busy(BUSY):
        found["busy"] = interleaved(variants, rounds)
    torch.set_num_threads(given)
    results = Results()
    for state, seconds in found.items():
        results.ratios[f"{state}: all threads / one"] = ratio(seconds, many, "1 thread")
        results.medians |= {f"{state}, {name}: meta-iteration, s": median(took) for name, took in seconds.items()}
    for name, word in (("1 thread", "one thread"), (many, "all threads")):
        results.ratios[f"{word}: busy / idle"] = median(found["busy"][name]) / median(found["idle"][name])
    results.targets["one thread: busy / idle"] = Target(2.0)
    results.print()
    results.write(asked.out / "bench_threads.json")


def on(threads: int, work: Variant) -> Variant:
    """Return a turn on a number of threads."""

    def turn() -> float | None:
        torch.set_num_threads(threads)
        return work()

    return turn


@contextmanager
def busy(programs: int) -> Iterator[None]:
    """Keep cores busy meanwhile."""
    running = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(programs)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
