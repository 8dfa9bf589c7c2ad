"""A mistake in one job of a sweep costs that job alone."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from piaa_lightning.cli.app import JobError

# reads the embedded copy, a directory that is none, and the embedded copy again
JOBS = ["-m", "mode=check", "data.size=tiny", "check.decode=false", "data.root=null,/no where,null", "seed=0"]


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_the_other_jobs_are_done_and_the_status_says_that_one_failed(command, tmp_path, launcher):
    if launcher == "joblib":
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    done = command(*JOBS, *(["sweep=joblib"] if launcher == "joblib" else []))
    assert done.returncode == 1
    sentence = "data.root=/no where: there is no such directory; give the unpacked copy of the database."
    (sweep,) = Path(tmp_path / "runs" / "check").glob("*_sweep")
    assert [(sweep / job / "check.json").exists() for job in "012"] == [True, False, True]
    logs = [(sweep / job / "piaa_lightning.log").read_text() for job in "012"]
    assert [sentence in log for log in logs] == [False, True, False]
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"piaa_lightning: {sentence} This is of job 1; ")
    assert "Traceback" not in done.stderr


def test_what_failed_can_be_carried_between_processes():
    error = pickle.loads(pickle.dumps(JobError("What is wrong.")))
    assert (type(error), str(error)) == (JobError, "What is wrong.")
