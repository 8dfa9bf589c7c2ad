"""Kills at random moments of every phase of a run, drawn from a seed."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tiny_run import Run, kill, wait_for

# A phase, how its beginning is seen from outside, and for how many seconds a kill may be drawn.
Seen = Callable[[Run], bool]
PHASES: dict[str, tuple[Seen, float]] = {
    "drawing pictures": (lambda run: any((run.cache / "embedded").glob(".*part-*")), 3.0),
    "picture cache": (lambda run: any((run.cache / "pictures").glob("*.building")), 1.0),
    "pre-training": (lambda run: "prior generic: training" in run.log(), 2.0),
    "meta-training": (lambda run: "prior blg: training" in run.log(), 2.0),
    "choosing settings": (lambda run: any((run.first / "judged").glob("blg_val*")), 1.0),
    "evaluation": (lambda run: any((run.first / "judged").glob("*_test_*")), 1.0),
    "reporting": (lambda run: (run.first / "records.csv").exists(), 1.5),
}


def chain(home: Path, seed: int, scale: float) -> tuple[Run, list[str]]:
    """Begin a run and kill it once in each phase, going on every time; then let it finish.

    Args:
        home: of the run.
        seed: of the moments.
        scale: of the seconds, where the machine is slower than the one that the phases were timed on.

    Returns:
        The run, and the phases in which it was killed before they were over.
    """
    moments, run, killed = random.Random(seed), Run(home), []
    for phase, (seen, seconds) in PHASES.items():
        delay = moments.uniform(0, seconds * scale)
        process = run.start()
        if _kill_in(process, run, seen, delay):
            killed.append(phase)
        if run.records() is not None:  # it was faster than the kill
            break
    if run.records() is None:
        run.finish()
    return run, killed


def _kill_in(process: subprocess.Popen[str], run: Run, seen: Seen, delay: float) -> bool:
    begun = wait_for(lambda: seen(run), process)
    if begun:
        time.sleep(delay)
    alive = process.poll() is None
    kill(process)
    return begun and alive
