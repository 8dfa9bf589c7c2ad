"""Everything else that goes wrong on clusters, one function each: what was done, and what the run did."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tiny_run import ROOT, Run, kill, lost, wait_for


@dataclass(frozen=True)
class Outcome:
    """What came of one fault.

    Args:
        fault: what was done.
        survived: whether the run did what it should.
        lost: records that the finished run lacks or has otherwise.
        how: what was seen.
    """

    fault: str
    survived: bool
    lost: int
    how: str


@dataclass(frozen=True)
class Bench:
    """What all faults stand on.

    Args:
        home: directory to work in.
        cache: a finished cache of the data.
        reference: records of the undisturbed run.
    """

    home: Path
    cache: Path
    reference: bytes

    def run(self, name: str, *more: str) -> Run:
        """Return a run that is not begun yet."""
        return Run(self.home / name.replace(",", "").replace(" ", "_"), more, self.cache)

    def outcome(self, fault: str, run: Run, as_it_should: bool, how: str) -> Outcome:
        """Compare a finished run with the undisturbed one."""
        missing = lost(self.reference, run.records())
        return Outcome(fault, as_it_should and run.records() == self.reference, missing, how)


def told(run: Run, status: int) -> str:
    """Return how a process that should say one sentence ended, and the end of what it said."""
    lines = [line for line in run.said().splitlines() if line.startswith("piaa_lightning: ")]
    what = "traceback" if run.traceback() else "sentence" if lines else "nothing"
    return f"status {status}, {what}{', after an exception that Python ignored' if run.ignored() else ''}"


def train_then(run: Run, task: str, seen: Callable[[], bool] | None = None) -> subprocess.Popen[str]:
    """Start a run and return its process when a task has kept a state to go on from."""
    process = run.start()
    states = run.first / "checkpoints" / task
    wait_for(seen or (lambda: len(list(states.glob("step_*.ckpt"))) >= 2), process)
    return process


def damaged_checkpoint(bench: Bench) -> Iterator[Outcome]:
    """Spoil the newest state in three ways; the one before it has to serve."""
    for name, spoil in {"cut off": _cut, "flipped bytes": _flip, "empty": _empty}.items():
        run = bench.run(f"checkpoint {name}", "task.init_from.epochs=6")
        kill(train_then(run, "generic"))
        files = sorted((run.first / "checkpoints" / "generic").glob("step_*.ckpt"))
        if files:
            spoil(files[-1])
        status = run.finish("task.init_from.epochs=6")
        passed = "passed over" in run.log()
        undisturbed = Run(bench.home / f"six_{name.replace(' ', '_')}", ["task.init_from.epochs=6"], bench.cache)
        undisturbed.finish()
        reference = undisturbed.records() or b""
        same = run.records() == reference
        yield Outcome(
            f"newest checkpoint {name}",
            same and passed and not status,
            lost(reference, run.records()),
            "passed over with a warning" if passed else "no warning",
        )


def damaged_journal(bench: Bench) -> Iterator[Outcome]:
    """Spoil a line in the middle of what was evaluated so far, and cut another one off."""
    for name, spoil in {"flipped bytes": _flip, "cut off": _cut}.items():
        run = bench.run(f"journal {name}")
        kill(train_then(run, "", lambda run=run: any((run.first / "evaluated").glob("ba_test_*"))))
        for file in (run.first / "evaluated").glob("*_test_*"):
            spoil(file)
        status = run.finish()
        yield bench.outcome(f"evaluated so far: {name}", run, status == 0, f"status {status}")


def damaged_caches(bench: Bench) -> Iterator[Outcome]:
    """Cut off the stored images, and the stored prior of an earlier run."""
    run = bench.run("image cache cut off")
    for file in (run.cache / "images").glob("*/images.npy"):
        _cut(file)
    status = run.finish()
    yield bench.outcome("image cache cut off", run, status == 0, f"status {status}")
    run = bench.run("stored priors cut off", "reuse_models=true")
    run.finish()
    for file in (run.cache / "priors").glob("*.safetensors"):
        _cut(file)
    shutil.rmtree(run.home / "runs")
    run.starts = 0
    status = run.finish()
    anew = "trained anew" in run.log()
    yield bench.outcome("stored priors cut off", run, status == 0 and anew, "trained anew" if anew else "used")


def removed_files(bench: Bench) -> Iterator[Outcome]:
    """Remove what a run still needs, while it runs."""
    run = bench.run("images removed")
    process = train_then(run, "generic")
    shutil.rmtree(run.cache / "images")
    status = process.wait()
    yield bench.outcome("image cache removed during training", run, status == 0, f"status {status}")
    run = bench.run("best removed")
    process = train_then(run, "generic")
    shutil.rmtree(run.first / "checkpoints" / "generic", ignore_errors=True)
    status = process.wait()
    first = told(run, status)
    again = 0 if status == 0 else run.finish()
    yield bench.outcome("checkpoints removed during training", run, again == 0 and "traceback" not in first, first)


def two_runs(bench: Bench) -> Iterator[Outcome]:
    """Let two runs build and use one empty cache at once."""
    one, other = Run(bench.home / "two_one"), Run(bench.home / "two_other")
    other.cache = one.cache
    started = [one.start(), other.start()]
    status = [process.wait() for process in started]
    for name, run in (("one", one), ("other", other)):
        yield bench.outcome(f"two runs in one cache, the {name}", run, status == [0, 0], f"status {status}")


def terminated(bench: Bench) -> Iterator[Outcome]:
    """Send SIGTERM in training, as a cluster does some time before it kills."""
    run = bench.run("terminated", "task.init_from.epochs=40", "task.init_from.batch_size=16")
    process = train_then(run, "generic")
    begun = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    status = process.wait()
    grace = time.monotonic() - begun
    run.finish()
    undisturbed = Run(bench.home / "forty", run.more, bench.cache)
    undisturbed.finish()
    reference = undisturbed.records() or b""
    good = status == 128 + signal.SIGTERM and run.records() == reference
    how = f"status {status} after {grace:.1f} s, went on"
    yield Outcome("SIGTERM in training", good, lost(reference, run.records()), how)
    run = bench.run("terminated evaluating")
    process = train_then(run, "", lambda: any((run.first / "evaluated").glob("blg_test_*")))
    os.kill(process.pid, signal.SIGTERM)
    status = process.wait()
    again = run.finish()
    yield bench.outcome("SIGTERM in evaluation", run, again == 0, f"status {status}, went on")


def killed_worker(bench: Bench) -> Iterator[Outcome]:
    """Kill a process that fetches batches, as the kernel does when memory is short; and one of two that train."""
    for number in range(5):  # where it had fetched all that was wanted nobody misses it, and another one is killed
        run = bench.run(f"worker {number}", "data.workers=1", "task.init_from.epochs=40")
        process = train_then(run, "generic")
        time.sleep(0.05 * number)
        for child in _children(process.pid):
            os.kill(child, signal.SIGKILL)
        status = process.wait()
        if status:
            break
    how = told(run, status)
    run.finish()
    undisturbed = Run(bench.home / "worker_reference", run.more, bench.cache)
    undisturbed.finish()
    reference = undisturbed.records() or b""
    good = run.records() == reference and status != 0 and "sentence" in how
    yield Outcome("a worker killed", good, lost(reference, run.records()), how)
    run = bench.run("rank", "trainer=ddp_cpu", "task.init_from.epochs=40")
    process = train_then(run, "generic")
    for child in _children(process.pid):
        os.kill(child, signal.SIGKILL)
    begun = time.monotonic()
    process.wait()
    seconds = time.monotonic() - begun
    kill(process)
    run.finish()
    undisturbed = Run(bench.home / "rank_reference", run.more, bench.cache)
    undisturbed.finish()
    reference = undisturbed.records() or b""
    good = run.records() == reference
    how = f"the others ended after {seconds:.0f} s, went on"
    yield Outcome("one of two processes killed", good, lost(reference, run.records()), how)


def not_finite(bench: Bench) -> Iterator[Outcome]:
    """Make losses that are not finite; training has to stop with the batch, to go on without the steps, or to give up.

    Where all weights are out of reach leaving steps out is no help: that has to be said.
    """
    program = [str(Path(__file__).with_name("nan_loss.py"))]
    run = Run(bench.home / "nan_stop", (), bench.cache, program)
    status = run.finish()
    kept = (run.first / "checkpoints" / "generic" / "not_finite.pt").exists()
    yield Outcome("NaN loss, on_nan=stop", kept and status == 1 and not run.traceback(), 0, told(run, status))
    run = Run(bench.home / "nan_skip", ["on_nan=skip"], bench.cache, program)
    status = run.finish()
    left_out = run.log().count("the step is left out")
    good = status == 0 and left_out > 0 and run.records() is not None
    yield Outcome("NaN loss, on_nan=skip", good, 0, f"{left_out} steps left out")
    run = bench.run("diverged", "task.init_from.module.optimizer.lr=1e30", "on_nan=skip")
    status = run.finish()
    yield Outcome("weights of 1e30, on_nan=skip", status == 1 and not run.traceback(), 0, told(run, status))


def clocks(bench: Bench) -> Iterator[Outcome]:
    """Give every file of a run and its caches a time in the past or in the future, the newest the oldest."""
    for name, first in (("1970", 0.0), ("2100", 4.1e9)):
        run = bench.run(f"clock {name}")
        kill(train_then(run, "blg"))
        files = sorted((file for file in run.home.rglob("*") if file.is_file()), key=lambda file: file.stat().st_mtime)
        images = run.cache / "embedded"
        for number, file in enumerate(file for file in reversed(files) if images not in file.parents):
            os.utime(file, (first + number, first + number))
        status = run.finish()
        yield bench.outcome(f"clock set to {name}", run, status == 0, f"status {status}")


def read_only(bench: Bench) -> Iterator[Outcome]:
    """Forbid writing: to the runs, to an empty cache, and to a finished cache, which can be read all the same."""
    for name, place, empty in (
        ("runs", "runs", False),
        ("empty cache", "cache", True),
        ("finished cache", "cache", False),
    ):
        run = bench.run(f"read only {name}")
        if empty:
            shutil.rmtree(run.cache)
        (run.home / place).mkdir(exist_ok=True)
        mount = f"mount --bind {run.home / place} {run.home / place} && mount -o remount,ro,bind {run.home / place}"
        status = _inside(mount, run)
        how = told(run, status)
        if name == "finished cache":
            good = (status == 1 and "sentence" in how) or status == 0
        else:
            good = status == 1 and "sentence" in how
        again = 0 if status == 0 else run.finish()
        yield bench.outcome(f"read-only {name}", run, good and again == 0, how)


def disk_full(bench: Bench) -> Iterator[Outcome]:
    """Put the runs, or an empty cache, on a disk that fills up, then make room and go on."""
    for name, place, size in (("runs", "runs", "48k"), ("runs, later", "runs", "160k"), ("cache", "cache", "4m")):
        run = bench.run(f"full {name}")
        if place == "cache":
            shutil.rmtree(run.cache)
        disk, kept = run.home / place, run.home / "kept"
        disk.mkdir(exist_ok=True)
        first, second = run.command(), run.command()
        script = (
            f"mount -t tmpfs -o size={size} tmpfs {disk} && {_quoted(first)} > {run.home}/said_00.txt 2>&1;"
            f" echo $? > {run.home}/status; mount -o remount,size=256m {disk} && {_quoted(second)} >"
            f" {run.home}/said_01.txt 2>&1; cp -r {disk} {kept}"
        )
        _unshared(script, run)
        status = int((run.home / "status").read_text())
        run.starts = 1
        how = told(run, status)
        run.starts = 2
        if place == "runs":
            shutil.rmtree(disk)
            shutil.copytree(kept, disk)
        yield bench.outcome(f"disk full: {name}", run, status == 1 and "sentence" in how, how)


def may_mount() -> bool:
    """Whether disks can be mounted that only the run sees."""
    done = subprocess.run(["unshare", *_flags(), "true"], capture_output=True, check=False)
    return done.returncode == 0


FAULTS = (
    damaged_checkpoint,
    damaged_journal,
    damaged_caches,
    removed_files,
    two_runs,
    terminated,
    killed_worker,
    not_finite,
    clocks,
)
WITH_MOUNTS = (read_only, disk_full)


def _flags() -> list[str]:
    return ["-m"] if os.geteuid() == 0 else ["-Urm"]


def _inside(before: str, run: Run) -> int:
    command = run.command()
    return _unshared(f"{before} && {_quoted(command)} > {run.home}/said_{run.starts - 1:02}.txt 2>&1", run)


def _unshared(script: str, run: Run) -> int:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["unshare", *_flags(), "sh", "-c", script], cwd=run.home, env=environment, capture_output=True, check=False
    )
    return done.returncode


def _quoted(command: list[str]) -> str:
    return " ".join(f"'{word}'" for word in command)


def _children(process: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process:
            found.append(int(status.parent.name))
    return found


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _empty(file: Path) -> None:
    os.truncate(file, 0)


def _flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for eighth in range(1, 8):  # one byte may lie between the entries of the archive, where it does no harm
        content[len(content) * eighth // 8] ^= 0xFF
    file.write_bytes(content)


if sys.platform != "linux":
    raise SystemExit("the faults are made with Linux's own means: process groups, /proc and unshare.")
