"""The bytes and seconds that ``experiments/scaling/README.md`` reckons with; prints them, and writes measured.csv.

    OMP_NUM_THREADS=1 .venv/bin/python experiments/scaling/measure.py

Everything is small and takes seconds; what is reckoned from it is named as reckoned.
"""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import distributed

from piaa_lightning.data.ratings import RatingTable, Scale
from piaa_lightning.evaluation.journal import Journal
from piaa_lightning.evaluation.protocol import Protocol, draws, evaluate
from piaa_lightning.evaluation.records import Record, write_records
from piaa_lightning.personalizers.personalizer import Personalizer
from piaa_lightning.runtime.distributed import sum_in_place
from piaa_lightning.runtime.files.atomic import replace_file

RESNET18 = 11_700_000  # parameters, with the head
USERS, RATED = 400, 137  # 137 ratings are FLICKR-AES's average


def seconds(act: Callable[[], object], times: int = 3, clock: Callable[[], float] = time.process_time) -> float:
    """Return the median seconds of doing something; those of the processor, unless it waits for disks or others."""
    took = []
    for _ in range(times):
        start = clock()
        act()
        took.append(clock() - start)
    return median(took)


class Constant(Personalizer):
    """Costs nothing, so that what the protocol itself costs is seen."""

    def fit_user(self, support, settings):  # noqa: ANN001, ANN201, D102
        return lambda images: (images % 97).astype(np.float32)


def users() -> RatingTable:
    """Make users with ratings, and no image."""
    random = np.random.default_rng(0)
    user = np.repeat(np.arange(USERS), RATED)
    return RatingTable(
        database="scaling",
        root=Path(),
        image_ids=np.array([f"p{number:06}" for number in range(5000)]),
        image_files=np.array([f"p{number:06}.jpg" for number in range(5000)]),
        user_ids=np.array([f"u{number:06}" for number in range(USERS)]),
        user=user,
        image=np.concatenate([random.permutation(5000)[:RATED] for _ in range(USERS)]),
        score=random.random(len(user)).astype(np.float32),
        scale=Scale(1, 5),
    )


def judging(directory: Path) -> dict[str, float]:
    """Measure what a user costs beside the fit."""
    table, protocol = users(), Protocol(repeats=1)
    rows = np.arange(table.ratings)
    told = list(draws(table, rows, [10], protocol))
    found = {"draw of a user, us": 1e6 * seconds(lambda: list(draws(table, rows, [10], protocol))) / USERS}
    chosen = {10: {}}
    found["evaluating a user beside the fit, us"] = (
        1e6 * seconds(lambda: evaluate(table, rows, [10], protocol, "m", "", Constant(), chosen)) / USERS
    )

    def journal() -> None:
        (directory / "journal").unlink(missing_ok=True)
        with Journal(directory / "journal", "content") as kept:
            for number, draw in enumerate(told):
                kept.add((number,), [np.zeros((1, len(draw.query)), dtype=np.float32)])

    found["journal of a draw, us"] = 1e6 * seconds(journal) / USERS
    found["journal of a draw, bytes"] = (directory / "journal").stat().st_size / USERS
    records = [Record("BLG-PIAA", "resnet18", 10, 0, f"{n:012x}", 10, 127, "srocc", 0.123456789) for n in range(USERS)]
    found["record, us"] = 1e6 * seconds(lambda: write_records(records, directory / "records.csv")) / USERS
    found["record, bytes"] = (directory / "records.csv").stat().st_size / USERS
    content = os.urandom(4 * RESNET18)
    found["45 MB written, synced and renamed, s"] = seconds(
        lambda: replace_file(directory / "weights", content), clock=time.perf_counter
    )
    arrays = (table.user, table.image, table.score)
    found["rating in memory, bytes"] = sum(array.nbytes for array in arrays) / table.ratings
    return found


def reducing(world: int) -> float:
    """Return the seconds in which processes add up the gradient of ResNet18."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    started = []
    for number in range(world):
        environment = {**os.environ, "RANK": str(number), "WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1"}
        environment |= {"MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--reduce"]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    told = [process.communicate()[0] for process in started]
    return float(told[0].splitlines()[-1])


def reduce() -> None:
    """Be one of the processes that add up."""
    distributed.init_process_group("gloo")
    gradient = [torch.zeros(RESNET18)]
    sum_in_place(gradient)
    took = seconds(lambda: sum_in_place(gradient), 5, time.perf_counter)
    if distributed.get_rank() == 0:
        print(took)
    distributed.destroy_process_group()


def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as directory:
        found = judging(Path(directory))
    for world in (2, 4):
        found[f"gradient of ResNet18 added up by {world} processes, s"] = reducing(world)
    file = Path(__file__).with_name("measured.csv")
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(["what", "value"])
        for name, value in found.items():
            print(f"{name:60} {value:.4g}")
            writer.writerow([name, f"{value:.4g}"])


if __name__ == "__main__":
    reduce() if "--reduce" in sys.argv else main()
