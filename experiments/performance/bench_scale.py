"""What do two processes gain? ``make bench-scale`` prints it and writes ``runs/bench/bench_scale.json``.

1. A step of generic training and a step of meta-training (ResNet18 at 224 pixels): the same batch by two processes with
   one thread each, against one process with one thread.
2. Fine-tuning and evaluating users, likewise.
3. What a checkpoint costs: its seconds, and their share of an epoch of FLICKR-AES at the seconds of a step measured
   here, with the two that a run writes after every epoch (the state to go on from, and the best epoch).

Processes of both kinds take turns. ``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from harness import Results, Target, Variant, interleaved
from scale_process import BATCH
from workload import write_database

PROCESS = str(Path(__file__).with_name("scale_process.py"))
PARTS = {"generic step": "generic training", "meta step": "meta-training", "evaluation": "evaluation"}
EPOCH = 36_000 / BATCH  # steps of FLICKR-AES: 40,988 images less those that test and validation users rated
USERS = 40  # enough for some batches of users in training
WRITTEN = 2  # checkpoints after an epoch


def group(world: int, arguments: list[str]) -> dict[str, float]:
    """Run some processes together and return what the first one printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    started = []
    for number in range(world):
        environment = {
            **os.environ, "RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": str(world), "GROUP_RANK": "0",
            "LOCAL_WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port,
            "TORCHELASTIC_RUN_ID": "bench", "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        command = [sys.executable, PROCESS, *arguments]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    told = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit("a process of the bench failed; its error is above")
    found: dict[str, float] = json.loads(told[0].splitlines()[-1])
    return found


def measured(results: Results, rounds: int, arguments: list[str]) -> None:
    """Let one process and two take turns."""
    found: dict[int, list[dict[str, float]]] = {1: [], 2: []}

    def turn(world: int) -> Variant:
        return lambda: found[world].append(group(world, arguments))

    interleaved({"one": turn(1), "two": turn(2)}, rounds, warm_up=0)  # first steps, and filling caches, never count
    one, two = found[1], found[2]
    for part, name in PARTS.items():
        gain = f"{name}: two processes over one, x"
        results.ratios[gain] = median(a[part] / b[part] for a, b in zip(one, two, strict=True))
        results.targets[gain] = Target(1.8, at_least=True)
        results.medians |= {f"{name}, one process, s": median(turn[part] for turn in one)}
        results.medians |= {f"{name}, two processes, s": median(turn[part] for turn in two)}
    saving = median(turn["checkpoint"] for turn in one)
    share = median(
        WRITTEN * turn["checkpoint"] / (EPOCH * turn["generic step"] + WRITTEN * turn["checkpoint"]) for turn in one
    )
    results.medians["checkpoint, s"] = saving
    results.ratios["checkpoints' share of an epoch of FLICKR-AES"] = share
    results.targets["checkpoints' share of an epoch of FLICKR-AES"] = Target(0.02)


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="try it out; the numbers mean nothing")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/bench"), help="where bench_scale.json goes")
    given = parser.parse_args()
    results = Results()
    with tempfile.TemporaryDirectory() as directory:
        root, cache = Path(directory) / "database", Path(directory) / "cache"
        write_database(root, 160 if given.quick else 256, 60 if given.quick else 256, USERS)
        arguments = [str(root), str(cache), *(["--quick"] if given.quick else [])]
        measured(results, 1 if given.quick else given.rounds, arguments)
    results.print()
    results.write(given.out / "bench_scale.json")


if __name__ == "__main__":
    main()
