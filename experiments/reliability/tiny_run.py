"""The smallest whole run there is, started in processes of its own that can be watched, killed and gone on with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = "faults"
TINY = (
    "experiment=blg_piaa",
    "backbone=small_cnn",
    "init_from=generic",
    "~methods.blg_generic",
    f"name={NAME}",
    "data.size=tiny",
    "backbone.size=16",
    "backbone.options.width=4",
    "backbone.options.features=8",
    "head.hidden=[4]",
    "logger=none",
    "trainer.enable_progress_bar=false",
    "task.epochs=4",
    "task.dataset.support=20",
    "task.init_from.epochs=12",
    "+protocol.test.users=3",
    "protocol.test.repeats=6",
    "+protocol.validation.users=4",
    "shots=[10]",
    "methods.blg.personalizer.steps=[1,2,3]",
    "methods.ba.personalizer.steps=[1,2,3]",
    "methods.blg.personalizer.lr_multipliers=[0.3,1.0,3.0]",
    "methods.ba.personalizer.lr_multipliers=[0.3,1.0,3.0]",
    "reuse_models=false",
)
PROGRAM = ("-m", "piaa_lightning")
PATIENCE = float(os.environ.get("PIAA_TEST_PATIENCE", "900"))  # seconds after which a run counts as hanging


class Run:
    """One logical run, begun and gone on with in several processes.

    Args:
        home: directory of the run's own, for its cache and everything that it writes.
        more: further keys.
        cache: a finished cache, which is copied; None begins with an empty one.
        program: what Python runs.
    """

    def __init__(
        self, home: Path, more: Sequence[str] = (), cache: Path | None = None, program: Sequence[str] = PROGRAM
    ) -> None:
        self.home = home
        self.more = list(more)
        self.program = list(program)
        self.cache = home / "cache"
        self.starts = 0
        home.mkdir(parents=True)
        if cache is not None:
            shutil.copytree(cache, self.cache)

    @property
    def first(self) -> Path:
        """The directory that the run was begun in, and that every further process goes on in."""
        return self.home / "runs" / NAME / "start_00"

    @property
    def current(self) -> Path:
        """The directory that the last started process was given; its log is there."""
        return self.home / "runs" / NAME / f"start_{self.starts - 1:02}"

    def command(self, *more: str) -> list[str]:
        """Return the command of the next start; all but the first resume what was begun."""
        directory = self.home / "runs" / NAME / f"start_{self.starts:02}"
        self.starts += 1
        paths = [f"paths.cache={self.cache}", f"paths.runs={self.home / 'runs'}", f"hydra.run.dir={directory}"]
        return [sys.executable, *self.program, *TINY, *self.more, *paths, "resume=auto", *more]

    def start(self, *more: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a process in a group of its own, what it says going to a file."""
        command = self.command(*more)
        told = (self.home / f"said_{self.starts - 1:02}.txt").open("w")
        return subprocess.Popen(
            command,
            cwd=self.home,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **(environment or {})},
            stdout=told,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, *more: str) -> int:
        """Start a process and wait until it ends; return its exit status."""
        process = self.start(*more)
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            kill(process)
            return -1

    def said(self) -> str:
        """Return what the last process said."""
        return (self.home / f"said_{self.starts - 1:02}.txt").read_text(encoding="utf-8", errors="replace")

    def log(self) -> str:
        """Return what the last process logged so far."""
        file = self.current / "piaa_lightning.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def records(self) -> bytes | None:
        """Return the records of the finished run; None where it is not finished."""
        finished = [file.parent for file in (self.home / "runs" / NAME).glob("start_*/summary.json")]
        return (finished[0] / "records.csv").read_bytes() if finished else None

    def traceback(self) -> bool:
        """Whether the last process ended in a traceback; one that Python ignored, as it says, ended nothing."""
        lines = self.said().splitlines()
        return any(
            line.startswith("Traceback (most recent call last)") and not before.startswith("Exception ignored in")
            for before, line in pairwise(["", *lines])
        )

    def ignored(self) -> bool:
        """Whether Python said that it ignored an exception."""
        return any(line.startswith("Exception ignored in") for line in self.said().splitlines())


def kill(process: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
    """Send a signal to a process and all that it started, and wait for it."""
    if process.poll() is None:
        os.killpg(process.pid, number)
    process.wait(PATIENCE)


def wait_for(seen: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
    """Wait until something can be seen; return whether it was before the process ended."""
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < PATIENCE:
        if seen():
            return True
        time.sleep(0.01)
    return seen() and process.poll() is None


def lost(reference: bytes, records: bytes | None) -> int:
    """Count the records of an undisturbed run that another one lacks, or has otherwise."""
    theirs = [] if records is None else records.splitlines()
    return sum(line not in theirs for line in reference.splitlines())
