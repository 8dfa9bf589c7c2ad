"""What does a sweep cost beside its jobs? ``make bench-sweep`` prints it and writes ``runs/bench/bench_sweep.json``.

1. One sweep over seeds against its jobs, started one by one, each process with one thread; the image cache is there,
   and priors are trained in every job.
2. The same with two jobs side by side (``sweep=joblib``).
3. A sweep over numbers of shots, which share their priors, against jobs that train them anew.

``--quick`` tries everything out in small; its numbers mean nothing.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ROOT, Results, Target, Variant, interleaved, ratio

SMALL = ["data.size=tiny"]  # short jobs, beside which a sweep's own time weighs most
QUICK = [*SMALL, "trainer.fast_dev_run=true", "report.users=0"]


class Sweeps:
    """Runs of the demo in processes, every one with directories of its own and one cache of images.

    Args:
        home: directory to work in.
        more: further keys.
    """

    def __init__(self, home: Path, more: list[str]) -> None:
        self.home, self.more, self.number = home, more, 0

    def run(self, *keys: str) -> None:
        """Start the program, and stop the bench where it fails."""
        self.number += 1
        paths = [f"paths.cache={self.home / 'cache'}", f"paths.runs={self.home / f'runs_{self.number}'}"]
        command = [sys.executable, "-m", "piaa_lightning", *keys, "experiment=ba_piaa", "logger=none", *self.more]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [*command, *paths, "trainer.enable_progress_bar=false"],
            cwd=self.home, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{' '.join(keys)} ended with status {done.returncode}:\n{done.stderr[-2000:]}")

    def turn(self, *jobs: list[str]) -> Variant:
        """Return a turn that starts jobs one after another."""

        def start() -> None:
            for keys in jobs:
                self.run(*keys)

        return start


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "bench")
    given = parser.parse_args()
    seeds = ("1", "2") if given.quick else ("1", "2", "3", "4")
    with tempfile.TemporaryDirectory(prefix="piaa_sweep_") as directory:
        sweeps = Sweeps(Path(directory), QUICK if given.quick else SMALL)
        sweeps.run("shots=10")  # draws the images and fills the cache
        anew = "reuse_models=false"
        seconds = interleaved(
            {
                "jobs": sweeps.turn(*([anew, f"seed={seed}"] for seed in seeds)),
                "sweep": sweeps.turn(["-m", anew, f"seed={','.join(seeds)}"]),
                "side by side": sweeps.turn(["-m", anew, f"seed={','.join(seeds)}", "sweep=joblib"]),
                "alone": sweeps.turn(*([anew, "seed=9", f"shots={shots}"] for shots in (10, 20, 50, 100))),
                # a seed of its own, or priors of the round before would be found as well
                "shared": lambda: sweeps.run("-m", f"seed={100 + sweeps.number}", "shots=10,20,50,100"),
            },
            1 if given.quick else given.rounds,
            warm_up=0,
        )
    results = Results()
    results.ratios["sweep over seeds / its jobs one by one"] = ratio(seconds, "sweep", "jobs")
    results.ratios["two jobs side by side / its jobs one by one"] = ratio(seconds, "side by side", "jobs")
    results.ratios["sweep over shots, priors shared / its jobs one by one"] = ratio(seconds, "shared", "alone")
    results.medians["a job, s"] = sum(seconds["jobs"]) / len(seconds["jobs"]) / len(seeds)
    results.targets["sweep over seeds / its jobs one by one"] = Target(1.1)
    results.targets["sweep over shots, priors shared / its jobs one by one"] = Target(1.1)
    results.print()
    results.write(given.out / "bench_sweep.json")


if __name__ == "__main__":
    main()
