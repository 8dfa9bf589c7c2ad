"""Kills at random moments of every phase of a run, drawn from a seed."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tiny_run import Run, kill, wait_for

# A phase, and what of it can be seen from outside as soon as it has begun.
Seen = Callable[[Run], bool]
PHASES: dict[str, Seen] = {
    "drawing images": lambda run: any((run.cache / "embedded").glob("*")),
    "image cache": lambda run: any((run.cache / "images").glob("*")),
    "pre-training": lambda run: "prior generic: training" in run.log(),
    "meta-training": lambda run: "prior blg: training" in run.log(),
    "choosing settings": lambda run: any((run.first / "evaluated").glob("*_val*")),
    "evaluation": lambda run: any((run.first / "evaluated").glob("*_test_*")),
    "reporting": lambda run: (run.first / "records.csv").exists(),
}


def watched(run: Run) -> dict[str, float]:
    """Do a run to its end; return how many seconds each phase took."""
    process, begins = run.start(), []
    for seen in PHASES.values():
        wait_for(lambda seen=seen: seen(run), process)
        begins.append(time.monotonic())
    if process.wait():
        raise SystemExit(f"the undisturbed run failed with status {process.returncode}:\n{run.said()}")
    ends = [*begins[1:], time.monotonic()]
    return {phase: end - begin for phase, begin, end in zip(PHASES, begins, ends, strict=True)}


def chain(home: Path, seed: int, seconds: Mapping[str, float]) -> tuple[Run, list[str]]:
    """Begin a run and kill it once in each phase, going on every time; then let it finish.

    Args:
        home: of the run.
        seed: of the moments.
        seconds: that the phases take.

    Returns:
        The run, and the phases that it was in when it was killed; one that is over too soon is met in the next.
    """
    moments, run, killed = random.Random(seed), Run(home), []
    for phase, seen in PHASES.items():
        delay = moments.uniform(0, seconds[phase])
        process = run.start()
        if _kill_in(process, run, seen, delay):
            killed.append([name for name, begun in PHASES.items() if begun(run)][-1])
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
