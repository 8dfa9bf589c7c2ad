"""Whole runs by two processes: started by the run itself, in a sweep, and by torchrun."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from patience import PATIENCE

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SMALL = [
    "experiment=ba_piaa",
    "data.size=tiny",
    "backbone.size=16",
    "trainer.fast_dev_run=true",
    "logger=none",
    "shots=10",
    "reuse_models=false",
    "trainer=ddp_cpu",
    "trainer.enable_progress_bar=false",
]


def run(cache, directory, start, *arguments):
    environment = {**os.environ, "PIAA_CACHE": str(cache), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *start, *SMALL, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def finished(directory) -> dict[str, object]:
    assert (directory / "records.csv").is_file()
    return json.loads((directory / "summary.json").read_text())


def test_every_job_of_a_sweep_is_done_once_by_two_processes(cache, tmp_path):
    done = run(cache, tmp_path, ["-m", "piaa_lightning", "-m"], "seed=1,2", "hydra.sweep.dir=sweep")
    jobs = sorted(path.name for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert jobs == ["0", "1"]
    assert [finished(tmp_path / "sweep" / job)["seed"] for job in jobs] == [1, 2]
    assert len(list(tmp_path.rglob("summary.json"))) == 2
    # the second process kept a log of its own in each job's directory, and none besides
    logs = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("train_ddp_process_1.log"))]
    assert logs == ["sweep/0/train_ddp_process_1.log", "sweep/1/train_ddp_process_1.log"]
    assert done.stdout.count("ba_piaa on flickr_aes") == 2, "one of the processes prints"


def test_torchrun_starts_the_same_run(cache, tmp_path):
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "piaa_lightning"]
    done = run(cache, tmp_path, start, "hydra.run.dir=run")
    assert finished(tmp_path / "run")["experiment"] == "ba_piaa"
    assert done.stdout.count("ba_piaa on flickr_aes") == 1
