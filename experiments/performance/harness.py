"""Times variants side by side in one run, and writes what came out.

Machines differ and are shared, so what counts are ratios: variants take turns (A B A B ...), each pair of turns gives
a ratio, and the median over the rounds is reported.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import resource
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
Seconds = dict[str, list[float]]
# Does one turn; returns the seconds that count where not all of it does.
Variant = Callable[[], float | None]


def interleaved(
    variants: Mapping[str, Variant], rounds: int, warm_up: int = 1, clock: Callable[[], float] = time.perf_counter
) -> Seconds:
    """Let variants take turns.

    Args:
        variants: what is timed, by name.
        rounds: turns of each that count.
        warm_up: turns of each before, which do not count.
        clock: seconds.

    Returns:
        Seconds of every turn, by name; the same place in two lists is the same round.
    """
    seconds: Seconds = {name: [] for name in variants}
    for turn in range(warm_up + rounds):
        for name, variant in variants.items():
            start = clock()
            own = variant()
            took = clock() - start if own is None else own
            if turn >= warm_up:
                seconds[name].append(took)
    return seconds


def ratio(seconds: Seconds, above: str, below: str) -> float:
    """Return the median over rounds of one variant's seconds over another's in the same round."""
    return median(a / b for a, b in zip(seconds[above], seconds[below], strict=True))


@dataclass(frozen=True)
class Target:
    """What a number must come to.

    Args:
        bound: the limit.
        at_least: whether the number must reach the bound; it must stay below it otherwise.
    """

    bound: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Say whether a number is on the right side."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


@dataclass
class Results:
    """What a bench found.

    Args:
        ratios: numbers without a unit that hardly depend on the machine, by name.
        medians: seconds, MiB or images per second, by a name that ends in the unit.
        targets: of some of both, by the same name.
    """

    ratios: dict[str, float] = field(default_factory=dict)
    medians: dict[str, float] = field(default_factory=dict)
    targets: dict[str, Target] = field(default_factory=dict)

    def print(self) -> None:
        """Print one table."""
        table = Table("", "", "target", "", box=None)
        for name, value in {**self.ratios, **self.medians}.items():
            target = self.targets.get(name)
            prediction = "" if target is None else "met" if target.met(value) else "MISSED"
            table.add_row(name, f"{value:.4g}", "" if target is None else str(target), prediction)
        Console(width=110).print(table)

    def write(self, path: Path) -> None:
        """Write everything as json, whole or not at all."""
        content = {
            "ratios": {name: _short(value) for name, value in self.ratios.items()},
            "medians": {name: _short(value) for name, value in self.medians.items()},
            "targets": {name: str(target) for name, target in self.targets.items()},
            "machine": machine(),
            "command": " ".join(["python", Path(sys.argv[0]).resolve().relative_to(ROOT).as_posix(), *sys.argv[1:]]),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(content, indent=2) + "\n")
        part.replace(path)


def machine() -> dict[str, object]:
    """Describe what was measured on; the load tells whether others were at work."""
    import torch  # late: children that measure their memory hold only what they need

    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "load average": [round(load, 1) for load in os.getloadavg()],
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def peak_memory() -> float:
    """Return the most memory that this process has had resident, in MiB.

    NOTE: ``ru_maxrss`` of a child starts at what its parent held, so Linux is asked for the process's own mark.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    kilo = 1024 if sys.platform == "darwin" else 1  # macOS counts bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kilo / 1024


def child(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> dict[str, float]:
    """Run a program of this directory in a fresh process; with ``--quick``, whose numbers mean nothing, in this one.

    Args:
        arguments: a file and what it is given; it prints one json object in its last line.
        environment: variables that are set besides.

    Returns:
        What it printed.
    """
    if "--quick" in sys.argv:
        return _called(arguments)
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    printed: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return printed


def _called(arguments: Sequence[str]) -> dict[str, float]:
    given, printed = sys.argv, io.StringIO()
    sys.argv = list(arguments)
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(arguments[0], run_name="__main__")
    finally:
        sys.argv = given
    found: dict[str, float] = json.loads(printed.getvalue().splitlines()[-1])
    return found


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _cpu() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
